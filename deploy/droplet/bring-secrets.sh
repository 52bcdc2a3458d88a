#!/usr/bin/env bash
# Brings .env and the folder secrets/ onto the droplet, over SSH: `bring-secrets.sh deploy@ADDRESS [FOLDER]`. FOLDER
# is where both lie, this one without it. Run it again whenever something in them has changed.
# Not by Terraform: its state and the droplet's user data would hold them in plain text.
set -euo pipefail

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: bring-secrets.sh USER@ADDRESS [FOLDER]" >&2
    exit 2
fi
droplet=$1
cd "${2:-.}"

for file in .env secrets/zoom_webhook_secret_token secrets/google.json; do
    [ -s "$file" ] || { echo "$file is missing or empty" >&2; exit 2; }
done
for name in DOMAIN DRIVE_FOLDER_ID; do
    grep -Eq "^$name=.+" .env || { echo ".env does not set $name" >&2; exit 2; }
done
case $(head -c 1 secrets/google.json) in
'{') ;;
*) echo "secrets/google.json is not the JSON file that Google gave you" >&2; exit 2 ;;
esac

# What runs there as root. The folder keeps everybody out; its files are readable, for each container sees its own only
# and runs as another user. Never in an argument of a command, never half there: .new becomes the real one at the end.
receive='
set -eu
cd /opt/zoom2drive
umask 077
rm -rf secrets.new
mkdir secrets.new
tar -xf - -C secrets.new --no-same-owner --no-same-permissions
chmod 0700 secrets.new/secrets
find secrets.new/secrets -type f -exec chmod 0444 {} +
rm -rf secrets.old
if [ -e secrets ] || [ -L secrets ]; then mv -T secrets secrets.old; fi
mv -T secrets.new/secrets secrets
rm -rf secrets.new secrets.old
'
# Of a link what it leads to here: it would lead elsewhere there.
# shellcheck disable=SC2029 # Filled in here, to be run there.
tar -chf - secrets | ssh "$droplet" "sudo sh -c '$receive'"

# The stack starts, or starts anew, when .env is written: so it comes last. Into a new file: never through a link.
ssh "$droplet" "sudo sh -c 'cd /opt/zoom2drive && umask 077 && rm -f .env.new && set -C && cat >.env.new && mv -T .env.new .env'" <.env
echo "all is there; the stack starts now. To watch it:"
echo "  ssh $droplet sudo journalctl -fu zoom2drive-stack"
