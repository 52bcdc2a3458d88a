output "address" {
  description = "The address that the domain must point to. It stays when the droplet is made anew."
  value       = digitalocean_reserved_ip.host.ip_address
}

output "ssh" {
  description = "How to log in."
  value       = "ssh ${var.user}@${digitalocean_reserved_ip.host.ip_address}"
}

output "webhook_url" {
  description = "What to give Zoom as the event notification endpoint."
  value       = "https://${var.domain}/webhooks/zoom"
}

output "dns" {
  description = "What has to be in the DNS."
  value       = var.dns_zone == "" ? "Set it where your domain is managed: ${var.domain} A ${digitalocean_reserved_ip.host.ip_address}" : "Set: ${var.domain} A ${digitalocean_reserved_ip.host.ip_address}"
}

output "next_steps" {
  description = "What is left to do, in order."
  value       = <<-EOT
    1. Wait until the droplet is ready (3 to 8 minutes; it upgrades itself first):
         ssh ${var.user}@${digitalocean_reserved_ip.host.ip_address} cloud-init status --wait
    2. Bring the image there, from this project's folder (the smallest droplets cannot build it):
         docker build --platform linux/amd64 -t zoom2drive . && docker save zoom2drive | gzip | ssh ${var.user}@${digitalocean_reserved_ip.host.ip_address} 'gunzip | sudo ${var.engine} load'
    3. Bring .env and the folder secrets/ there; the stack starts when they have come:
         deploy/droplet/bring-secrets.sh ${var.user}@${digitalocean_reserved_ip.host.ip_address}
    4. Give Zoom https://${var.domain}/webhooks/zoom and press Validate.
  EOT
}
