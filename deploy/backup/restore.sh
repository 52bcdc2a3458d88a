#!/usr/bin/env bash
# Puts a backup in the place of the database: `restore.sh BACKUP DATABASE-FILE`. The service must be stopped. What is
# there is kept beside it. Run as root or as the service's user.
# Exit codes: 0 done, 1 refused or failed, with everything as it was; 2 wrong usage.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: restore.sh BACKUP DATABASE-FILE" >&2
    exit 2
fi
backup=$1 database=$2

refuse() {
    echo "refused: $*; nothing was changed" >&2
    exit 1
}

[ -f "$backup" ] || refuse "there is no backup $backup"
folder=$(dirname "$database")
[ -d "$folder" ] || refuse "there is no folder $folder"
[ ! "$backup" -ef "$database" ] || refuse "that is the database itself"

# A database of SQLite says so in its first bytes, and at byte 68 whose it is: Z2DR.
[ "$(head -c 15 "$backup")" = "SQLite format 3" ] || refuse "$backup is no database"
[ "$(od -An -tx1 -j68 -N4 "$backup" | tr -d ' ')" = 5a324452 ] || refuse "$backup is another program's database"
if [ -s "$backup-wal" ]; then
    refuse "$backup-wal lies beside it: that is no backup but a database as it was in use"
fi
if command -v sqlite3 >/dev/null; then
    said=$(sqlite3 "file:$backup?mode=ro&immutable=1" 'PRAGMA quick_check(1)' 2>&1) || true
    [ "$said" = ok ] || refuse "$backup is damaged: $said"
    jobs=$(sqlite3 "file:$backup?mode=ro&immutable=1" 'SELECT count(*) FROM jobs')
else
    echo "without sqlite3 the backup is not looked through here; the service does that when it starts" >&2
    jobs=unknown
fi

# Whose it shall be: who owns the old one, or else the folder.
[ -e "$database" ] && model=$database || model=$folder
owner=$(stat -c %u:%g "$model")
kept=$database.before-$(date -u +%Y%m%dT%H%M%SZ)
[ ! -e "$kept" ] || refuse "$kept is there already"

# Whoever works on the database holds this lock. Held until the end: nobody starts meanwhile.
is_root=$([ "$(id -u)" = 0 ] && echo yes || echo no)
exec 9>>"$database.lock"
if [ "$is_root" = yes ]; then
    chown "$owner" "$database.lock"
fi
chmod 0600 "$database.lock"
flock -n 9 || refuse "the service is running, or another command has the database open"

# First whole beside it and on disk, then the old one away, then this one into its place.
new=$database.restoring
rm -f "$new"
trap 'rm -f "$new"' EXIT
(umask 077 && cp -- "$backup" "$new")
if [ "$is_root" = yes ]; then
    chown "$owner" "$new"
fi
chmod 0600 "$new"
sync "$new"
if [ -e "$database" ]; then
    # With its log: only together are they the database as it was.
    mv -n -- "$database" "$kept"
    for end in -wal -shm; do
        if [ -e "$database$end" ]; then
            mv -n -- "$database$end" "$kept$end"
        fi
    done
    echo "kept: $kept"
else
    rm -f -- "$database-wal" "$database-shm"
fi
mv -n -- "$new" "$database"
sync "$folder"
echo "restored: $database, with $jobs job(s). Start the service; the sweep finds what came since the backup."
