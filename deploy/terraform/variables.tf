# What to choose. terraform.tfvars.example has all of it, to be copied. No secret is asked for here, and none
# may be given: Terraform writes variables and user data into its state in plain text.

# ---- What must be given ----

variable "domain" {
  description = "Host name that Zoom calls and that the certificate is for, such as hooks.example.com."
  type        = string

  validation {
    condition     = length(var.domain) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain))
    error_message = "The domain must be a full host name in small letters, such as hooks.example.com, without https:// and without a path."
  }
}

variable "ssh_public_key" {
  description = "Public key of whoever works on the droplet: the text of ~/.ssh/id_ed25519.pub."
  type        = string

  validation {
    condition     = can(regex("^(ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(256|384|521)|sk-ssh-ed25519@openssh\\.com|sk-ecdsa-sha2-nistp256@openssh\\.com) [A-Za-z0-9+/]+={0,3}( [^\\n]*)?\\n?$", var.ssh_public_key))
    error_message = "The key must be one line of a public key file, such as ssh-ed25519 AAAA... me@example.com. A private key must never be given here."
  }
}

variable "ssh_sources" {
  description = "Addresses from which SSH is allowed, as CIDR blocks. Yours alone: [\"203.0.113.7/32\"]."
  type        = list(string)

  validation {
    condition     = length(var.ssh_sources) > 0 && alltrue([for block in var.ssh_sources : can(cidrhost(block, 0))])
    error_message = "Give at least one CIDR block, such as 203.0.113.7/32. If your address changes daily, 0.0.0.0/0 and ::/0 admit everybody; keys are asked for all the same."
  }
}

variable "git_repository" {
  description = "Where the droplet fetches this project from, an https address; empty to copy it there yourself."
  type        = string

  validation {
    condition     = var.git_repository == "" || can(regex("^https://[A-Za-z0-9.-]+(:[0-9]+)?/[A-Za-z0-9._~/-]+$", var.git_repository))
    error_message = "The repository must be an https address without a user or a password in it (it would be in Terraform's state), or empty."
  }
}

# ---- What has a sensible default ----

variable "git_ref" {
  description = "Branch, tag or commit to run. A tag is best: it stays what it is."
  type        = string
  default     = "main"

  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9._/-]*$", var.git_ref)) && !strcontains(var.git_ref, "..")
    error_message = "The ref must be the name of a branch or tag, or a commit."
  }
}

variable "name" {
  description = "Name of the droplet, and the beginning of the names of all that belongs to it."
  type        = string
  default     = "zoom2drive"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,40}[a-z0-9]$", var.name))
    error_message = "The name must be 2 to 42 small letters, digits and dashes, beginning with a letter."
  }
}

variable "region" {
  description = "Region. Every byte comes from Zoom and goes to Google: any will do; one near you is quick to log in to."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.region))
    error_message = "The region must be a slug such as fra1, nyc3 or sgp1; `doctl compute region list` shows them."
  }
}

variable "size" {
  description = "Size. The smallest fits: the service needs less than 128 MiB. To build the image there take 2 GiB (s-1vcpu-2gb)."
  type        = string
  default     = "s-1vcpu-512mb-10gb"

  validation {
    condition     = can(regex("^[a-z0-9]+-[a-z0-9-]+$", var.size))
    error_message = "The size must be a slug such as s-1vcpu-512mb-10gb; `doctl compute size list` shows them."
  }
}

variable "image" {
  description = "Operating system. Packages are called as in Ubuntu 24.04; others with apt need a look at cloud-init.yaml.tftpl."
  type        = string
  default     = "ubuntu-24-04-x64"

  validation {
    condition     = can(regex("^(ubuntu|debian)-[0-9]+(-[0-9]+)?-x64$", var.image))
    error_message = "The image must be an Ubuntu or Debian slug such as ubuntu-24-04-x64."
  }
}

variable "engine" {
  description = "What runs the containers: docker or podman."
  type        = string
  default     = "docker"

  validation {
    condition     = contains(["docker", "podman"], var.engine)
    error_message = "The engine must be docker or podman."
  }
}

variable "user" {
  description = "The user that you log in as. May become root; root itself cannot log in."
  type        = string
  default     = "deploy"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.user)) && !contains(["root", "daemon", "bin", "sys", "sync", "games", "man", "mail", "news", "proxy", "backup", "list", "irc", "nobody", "docker", "adm", "admin", "operator", "sshd", "staff", "sudo", "users"], var.user)
    error_message = "The user must be a new name of small letters, digits and dashes, and no user or group that the system has already."
  }
}

variable "ssh_key_is_new" {
  description = "Whether to add the key to your DigitalOcean account. False if it is there already, under ssh_key_name."
  type        = bool
  default     = true
}

variable "ssh_key_name" {
  description = "What the key is called, or is to be called, in your DigitalOcean account."
  type        = string
  default     = "zoom2drive"

  validation {
    condition     = length(trimspace(var.ssh_key_name)) > 0
    error_message = "The key needs a name."
  }
}

variable "dns_zone" {
  description = "The domain at DigitalOcean's name servers that `domain` lies in, such as example.com; empty to set the record elsewhere."
  type        = string
  default     = ""

  validation {
    condition     = var.dns_zone == "" || can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.dns_zone))
    error_message = "The zone must be a domain such as example.com, or empty."
  }
}

variable "dns_zone_is_new" {
  description = "Whether to make that domain at DigitalOcean. False if it is there already."
  type        = bool
  default     = false
}

variable "swap_gib" {
  description = "Swap space in GiB. With 512 MiB of memory the system needs it for its own upgrades."
  type        = number
  default     = 2

  validation {
    condition     = contains([0, 1, 2, 4], var.swap_gib)
    error_message = "Swap must be 0, 1, 2 or 4 GiB."
  }
}

variable "backups" {
  description = "Whether DigitalOcean keeps weekly images of the whole droplet (a fifth of its price). They hold the secrets, too."
  type        = bool
  default     = true
}

variable "volume_gib" {
  description = "Size in GiB of a volume for the containers' data, which outlives the droplet; 0 for none."
  type        = number
  default     = 0

  validation {
    condition     = var.volume_gib == 0 || (var.volume_gib >= 1 && var.volume_gib <= 100 && floor(var.volume_gib) == var.volume_gib)
    error_message = "The volume must have 1 to 100 whole GiB, or 0 for none. The database is some megabytes: 1 is plenty."
  }
}

variable "alert_email" {
  description = "Where DigitalOcean reports a busy processor, full memory or a full disk; an address of your team there. Empty for nowhere."
  type        = string
  default     = ""

  validation {
    condition     = var.alert_email == "" || can(regex("^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$", var.alert_email))
    error_message = "The address must be an e-mail address, or empty."
  }
}

variable "reboot_at" {
  description = "When to restart for upgrades that need it, in UTC; transfers go on where they were. Empty for never."
  type        = string
  default     = "04:30"

  validation {
    condition     = var.reboot_at == "" || can(regex("^([01][0-9]|2[0-3]):[0-5][0-9]$", var.reboot_at))
    error_message = "The time must be written like 04:30, or be empty."
  }
}
