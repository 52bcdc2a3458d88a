#!/usr/bin/env bash
# Installs zoom2drive as a service of systemd: `install.sh PATH-OF-THE-PROGRAM`, as root. Run it again to upgrade:
# settings and secrets that are there stay as they are.
set -euo pipefail
umask 022

program=${1:?usage: install.sh PATH-OF-THE-PROGRAM}
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
[ "$(id -u)" = 0 ] || { echo "only root can install it" >&2; exit 1; }
# Credentials as files came with 247, %d with 250.
version=$(systemctl --version | awk 'NR == 1 { print $2 }')
[ "$version" -ge 250 ] || { echo "systemd 250 or newer is needed; this is $version" >&2; exit 1; }

id zoom2drive >/dev/null 2>&1 ||
    useradd --system --user-group --no-create-home --home-dir /var/lib/zoom2drive --shell /usr/sbin/nologin zoom2drive

# Beside the old one first: a program that runs cannot be written over.
install -m 0755 "$program" /usr/local/bin/zoom2drive.new
# What was copied, not what lies there by now; and not as root: it may come from anybody's folder.
setpriv --reuid zoom2drive --regid zoom2drive --clear-groups --no-new-privs -- /usr/local/bin/zoom2drive.new --version >/dev/null ||
    { rm -f /usr/local/bin/zoom2drive.new; echo "$program is no program that runs here" >&2; exit 1; }
mv -T /usr/local/bin/zoom2drive.new /usr/local/bin/zoom2drive
install -d -m 0755 /usr/local/lib/zoom2drive /usr/local/share/doc/zoom2drive
install -m 0755 "$project/deploy/backup/backup.sh" "$project/deploy/backup/restore.sh" "$project/deploy/backup/postgres.sh" \
    /usr/local/lib/zoom2drive/
install -m 0644 "$project/deploy/backup/as-owner.sh" /usr/local/lib/zoom2drive/
# In the folders that they have in the project, so that their links lead on.
documents=/usr/local/share/doc/zoom2drive
# An earlier release had the runbook here.
rm -f "$documents/RUNBOOK.md"
install -d -m 0755 "$documents/docs/pictures" "$documents/deploy"
install -m 0644 "$project/README.md" "$project/CHANGELOG.md" "$project/CONTRIBUTING.md" "$project/rules.example.toml" \
    "$project/LICENSE-MIT" "$project/LICENSE-APACHE" "$documents/"
install -m 0644 "$project"/docs/*.md "$documents/docs/"
install -m 0644 "$project"/docs/pictures/*.png "$documents/docs/pictures/"
install -m 0644 "$project/deploy/RUNBOOK.md" "$documents/deploy/"
install -d -m 0700 -o zoom2drive -g zoom2drive /var/backups/zoom2drive
install -d -m 0755 /etc/zoom2drive
install -d -m 0700 /etc/zoom2drive/secrets
for secret in zoom-webhook-secret-token zoom-client-secret google.json smtp-url notify-webhook-url viewer-token \
    dashboard-proxy-secret; do
    [ -e "/etc/zoom2drive/secrets/$secret" ] || install -m 0600 /dev/null "/etc/zoom2drive/secrets/$secret"
done
if [ ! -e /etc/zoom2drive/secrets/admin-token ]; then
    (umask 077 && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >/etc/zoom2drive/secrets/admin-token)
fi
if [ ! -e /etc/zoom2drive/settings.env ]; then
    install -m 0600 "$here/settings.env.example" /etc/zoom2drive/settings.env
fi
# Earlier releases left it open to all, and had these in it.
chmod 0600 /etc/zoom2drive/settings.env
move_secret() { # VARIABLE FILE: out of the settings, where it would stand in the service's environment
    local value
    value=$(sed -n "s/^$1=//p" /etc/zoom2drive/settings.env | tail -n 1)
    if [ -z "$value" ] || [ -s "/etc/zoom2drive/secrets/$2" ]; then return; fi
    case $value in
    \"*\" | \'*\') value=${value:1:-1} ;;
    esac
    (umask 077 && printf '%s' "$value" >"/etc/zoom2drive/secrets/$2")
    sed -i "/^$1=/d" /etc/zoom2drive/settings.env
    echo "$1 was moved from settings.env to secrets/$2"
}
move_secret SMTP_URL smtp-url
move_secret NOTIFY_WEBHOOK_URL notify-webhook-url
move_secret DATABASE_URL database-url
if [ ! -s /etc/zoom2drive/secrets/database-url ]; then
    (umask 077 && printf 'sqlite:///var/lib/zoom2drive/zoom2drive.db' >/etc/zoom2drive/secrets/database-url)
fi
if [ -d /etc/logrotate.d ]; then
    install -m 0644 "$project/deploy/logrotate/zoom2drive" /etc/logrotate.d/zoom2drive
fi
install -m 0644 "$here"/*.service "$here"/*.timer /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now zoom2drive-backup.timer
systemctl enable zoom2drive.service

empty=()
for secret in zoom-webhook-secret-token google.json; do
    [ -s "/etc/zoom2drive/secrets/$secret" ] || empty+=("/etc/zoom2drive/secrets/$secret")
done
if [ ${#empty[@]} -gt 0 ]; then
    echo "installed. Fill in ${empty[*]} and /etc/zoom2drive/settings.env, then: systemctl start zoom2drive"
else
    systemctl restart zoom2drive.service
    echo "installed and started: journalctl -fu zoom2drive"
fi
