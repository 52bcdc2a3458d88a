#!/usr/bin/env bash
# Puts the units onto the droplet that start the stack, once .env is there and at every boot, and that back up the
# database every night. Run as root; may be run again at any time.
set -euo pipefail

project=/opt/zoom2drive
units=$project/deploy/droplet

install -m 0644 "$units/zoom2drive-stack.service" "$units/zoom2drive-stack.path" \
    "$units/zoom2drive-stack-settings.service" /etc/systemd/system/
install -m 0644 "$units/zoom2drive-stack-backup.service" "$units/zoom2drive-stack-backup.timer" /etc/systemd/system/
install -d -m 0700 /var/backups/zoom2drive
systemctl daemon-reload
systemctl enable --now zoom2drive-stack.path zoom2drive-stack-backup.timer
systemctl enable zoom2drive-stack.service
if [ -e "$project/.env" ]; then
    systemctl restart zoom2drive-stack.service
else
    echo "the stack starts when $project/.env is there: see deploy/droplet/bring-secrets.sh"
fi
