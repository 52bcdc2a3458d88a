#!/usr/bin/env bash
# The same for the service in its container: `backup-container.sh FOLDER KEEP`, as root. A second container with the
# service's own settings and volume makes the copy; the service goes on.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: backup-container.sh FOLDER KEEP" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/backup/as-owner.sh
. "$here/as-owner.sh"
folder=$(absolute "$1")

# The folder is given away and mounted by root, so nobody else may be able to put another thing in its place.
in_command "$(dirname "$folder")"
if [ "$who" != "$(id -u):$(id -g)" ] || [ -L "$folder" ]; then
    echo "$folder must be a folder, no link, in one that is root's alone" >&2
    exit 1
fi
# The container's user writes there, and nobody else reads.
mkdir -p -- "$folder"
chown 10001:10001 "$folder"
chmod 0700 "$folder"

export BACKUP_SEEN_AS=/backups
export ZOOM2DRIVE="$here/../droplet/stack.sh run --rm --no-deps -T -v $folder:/backups app"
exec "$here/backup.sh" "$folder" "$2"
