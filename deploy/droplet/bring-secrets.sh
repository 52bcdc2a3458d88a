#!/usr/bin/env bash
# Brings .env and Google's key file onto the droplet, over SSH: `bring-secrets.sh deploy@ADDRESS .env google.json`.
# Not by Terraform: its state and the droplet's user data would hold them in plain text.
set -euo pipefail

if [ $# -ne 3 ]; then
    echo "usage: bring-secrets.sh USER@ADDRESS ENV-FILE KEY-FILE" >&2
    exit 2
fi
droplet=$1 env=$2 key=$3

for file in "$env" "$key"; do
    [ -s "$file" ] || { echo "$file is missing or empty" >&2; exit 2; }
done
for name in DOMAIN ZOOM_WEBHOOK_SECRET_TOKEN DRIVE_FOLDER_ID; do
    grep -Eq "^$name=.+" "$env" || { echo "$env does not set $name" >&2; exit 2; }
done
case $(head -c 1 "$key") in
'{') ;;
*) echo "$key is not the JSON file that Google gave you" >&2; exit 2 ;;
esac

# From our standard input into a file with its mode set before its content: never readable by others, never in an
# argument, never in a temporary folder. Moved into place, so that nobody reads half of it.
put() { # FILE PLACE OWNER MODE
    # shellcheck disable=SC2029 # $2 to $4 are ours, and meant to be filled in here.
    ssh "$droplet" "sudo sh -c 'umask 077 && cat >$2.new && chown $3 $2.new && chmod $4 $2.new && mv $2.new $2'" <"$1"
}

# The stack starts when .env is written: so it comes last.
put "$key" /opt/zoom2drive/secrets/google.json 10001:10001 0400
put "$env" /opt/zoom2drive/.env root:root 0600
echo "both are there; the stack starts or restarts now. To watch it:"
echo "  ssh $droplet sudo journalctl -fu zoom2drive-stack"
