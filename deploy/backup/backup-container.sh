#!/usr/bin/env bash
# The same for the service in its container: `backup-container.sh FOLDER KEEP`, as root. A second container with the
# service's own settings and volume makes the copy; the service goes on.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: backup-container.sh FOLDER KEEP" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
folder=$(cd "$1" && pwd)
# The container's user writes there, and nobody else reads.
chown 10001:10001 "$folder"
chmod 0700 "$folder"

export BACKUP_SEEN_AS=/backups
export ZOOM2DRIVE="$here/../droplet/stack.sh run --rm --no-deps -T -v $folder:/backups app"
exec "$here/backup.sh" "$folder" "$2"
