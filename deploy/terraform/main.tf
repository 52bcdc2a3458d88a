# One droplet that takes Zoom's calls: its address, its firewall, its name, and who is told when it suffers.

locals {
  tags     = [var.name]
  zone     = var.dns_zone
  key      = trimspace(var.ssh_public_key)
  key_ids  = var.ssh_key_is_new ? digitalocean_ssh_key.operator[*].id : data.digitalocean_ssh_key.operator[*].id
  everyone = ["0.0.0.0/0", "::/0"]

  # What DigitalOcean's agent measures; its alerts come by e-mail, and are no substitute for deploy/monitoring.
  alerts = {
    cpu    = { type = "v1/insights/droplet/cpu", above = 90, window = "30m", what = "the processor is busy" }
    memory = { type = "v1/insights/droplet/memory_utilization_percent", above = 90, window = "30m", what = "memory is nearly full" }
    disk   = { type = "v1/insights/droplet/disk_utilization_percent", above = 80, window = "5m", what = "the disk is nearly full" }
  }
}

resource "digitalocean_ssh_key" "operator" {
  count      = var.ssh_key_is_new ? 1 : 0
  name       = var.ssh_key_name
  public_key = local.key
}

data "digitalocean_ssh_key" "operator" {
  count = var.ssh_key_is_new ? 0 : 1
  name  = var.ssh_key_name
}

resource "digitalocean_volume" "data" {
  count                    = var.volume_gib > 0 ? 1 : 0
  region                   = var.region
  name                     = "${var.name}-data"
  size                     = var.volume_gib
  initial_filesystem_type  = "ext4"
  initial_filesystem_label = "z2d-data"
  description              = "What zoom2drive's containers keep"
  tags                     = local.tags

  lifecycle {
    # It holds the database. Who wants it gone takes this line out first.
    prevent_destroy = true
  }
}

resource "digitalocean_droplet" "host" {
  name       = var.name
  region     = var.region
  size       = var.size
  image      = var.image
  ssh_keys   = local.key_ids
  tags       = local.tags
  monitoring = true
  backups    = var.backups
  volume_ids = digitalocean_volume.data[*].id

  user_data = templatefile("${path.module}/cloud-init.yaml.tftpl", {
    engine         = var.engine
    fetch          = file("${path.module}/../droplet/fetch.sh")
    git_ref        = var.git_ref
    git_repository = var.git_repository
    name           = var.name
    reboot_at      = var.reboot_at
    ssh_public_key = local.key
    swap_gib       = var.swap_gib
    user           = var.user
    volume         = var.volume_gib > 0 ? "${var.name}-data" : ""
  })

  lifecycle {
    # A new droplet is an empty one. Another ref, system or key is brought onto the one that runs: deploy/RUNBOOK.md.
    ignore_changes = [user_data, image, ssh_keys]
  }
}

# Stays when the droplet is made anew, so that no DNS record has to change.
resource "digitalocean_reserved_ip" "host" {
  region = var.region

  lifecycle {
    # The assignment below sets it.
    ignore_changes = [droplet_id]
  }
}

resource "digitalocean_reserved_ip_assignment" "host" {
  ip_address = digitalocean_reserved_ip.host.ip_address
  droplet_id = digitalocean_droplet.host.id
}

resource "digitalocean_firewall" "host" {
  name        = var.name
  droplet_ids = [digitalocean_droplet.host.id]

  inbound_rule {
    protocol         = "tcp"
    port_range       = "22"
    source_addresses = var.ssh_sources
  }

  # Certificates are proved over 80; everything else there is sent to 443.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "80"
    source_addresses = local.everyone
  }

  # Zoom publishes no short list of addresses that would stay: its calls are told by their signature.
  inbound_rule {
    protocol         = "tcp"
    port_range       = "443"
    source_addresses = local.everyone
  }

  outbound_rule {
    protocol              = "tcp"
    port_range            = "1-65535"
    destination_addresses = local.everyone
  }

  outbound_rule {
    protocol              = "udp"
    port_range            = "1-65535"
    destination_addresses = local.everyone
  }

  outbound_rule {
    protocol              = "icmp"
    destination_addresses = local.everyone
  }
}

resource "digitalocean_domain" "zone" {
  count = local.zone != "" && var.dns_zone_is_new ? 1 : 0
  name  = local.zone
}

resource "digitalocean_record" "host" {
  count  = local.zone != "" ? 1 : 0
  domain = var.dns_zone_is_new ? digitalocean_domain.zone[0].name : local.zone
  type   = "A"
  name   = var.domain == local.zone ? "@" : trimsuffix(var.domain, ".${local.zone}")
  value  = digitalocean_reserved_ip.host.ip_address
  ttl    = 300

  lifecycle {
    precondition {
      condition     = var.domain == local.zone || endswith(var.domain, ".${local.zone}")
      error_message = "The domain must lie in dns_zone: hooks.example.com in example.com."
    }
  }
}

resource "digitalocean_monitor_alert" "host" {
  for_each    = var.alert_email == "" ? {} : local.alerts
  type        = each.value.type
  compare     = "GreaterThan"
  value       = each.value.above
  window      = each.value.window
  enabled     = true
  entities    = [digitalocean_droplet.host.id]
  description = "${var.name}: ${each.value.what}"

  alerts {
    email = [var.alert_email]
  }
}
