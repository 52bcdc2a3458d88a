terraform {
  required_version = ">= 1.5"

  required_providers {
    digitalocean = {
      source  = "digitalocean/digitalocean"
      version = "~> 2.43"
    }
  }
}

# The token comes from the environment (DIGITALOCEAN_TOKEN): a variable could end up in a file or in a plan.
provider "digitalocean" {}
