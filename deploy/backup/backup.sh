#!/usr/bin/env bash
# Backs up the database into FOLDER and keeps the newest KEEP copies: `backup.sh FOLDER KEEP`. The service may run.
#
# Asks `zoom2drive backup`, which reads DATABASE_URL. ZOOM2DRIVE names the program, if it is not in the path. Run it
# as the service's own user: files that another user leaves beside the database would be in its way.
# Exit codes: 0 done, 1 no backup was made, 2 wrong usage, or a database that has a tool of its own (pg_dump).
set -euo pipefail

if [ $# -ne 2 ] || ! [[ $2 =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: backup.sh FOLDER KEEP" >&2
    exit 2
fi
folder=$1 keep=$2
umask 077
mkdir -p "$folder"
cd "$folder"

# Of two at the same time, one would clear away what the other is writing.
exec 9>.lock
flock -n 9 || { echo "another backup into $folder is under way" >&2; exit 1; }

# What an earlier run left behind when it was killed. Never taken for a backup: it bears another name.
rm -f .unfinished-*
name=zoom2drive-$(date -u +%Y%m%dT%H%M%SZ).db
if [ -e "$name" ]; then
    echo "$folder/$name is there already: two backups within a second" >&2
    exit 1
fi

# In a container the program is called otherwise, and sees the folder elsewhere: see backup-container.sh.
read -ra program <<<"${ZOOM2DRIVE:-zoom2drive}"
code=0
"${program[@]}" backup "${BACKUP_SEEN_AS:-$PWD}/.unfinished-$name" >/dev/null || code=$?
if [ "$code" -ne 0 ]; then
    rm -f .unfinished-*
    echo "no backup was made; older ones are as they were" >&2
    exit "$code"
fi
mv ".unfinished-$name" "$name"

# Only after a new one is whole, and only what was named here.
mapfile -t kept < <(find . -maxdepth 1 -type f -name 'zoom2drive-[0-9]*T[0-9]*Z.db' -printf '%f\n' | sort -r)
for old in "${kept[@]:$keep}"; do
    rm -f -- "$old"
done
echo "$folder/$name: $(stat -c %s "$name") bytes; $((${#kept[@]} < keep ? ${#kept[@]} : keep)) kept"
