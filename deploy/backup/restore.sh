#!/usr/bin/env bash
# Puts a backup in the place of the database: `restore.sh BACKUP DATABASE-FILE`. The service must be stopped. What is
# there is kept beside it. Run as root or as the service's user; as root it reads the backup as whoever is in command of
# the backup's folder, and does the rest as whoever is in command of the database's: see as-owner.sh.
# Exit codes: 0 done, 1 refused or failed, with everything as it was; 2 wrong usage.
set -euo pipefail

if [ $# -ne 2 ]; then
    echo "usage: restore.sh BACKUP DATABASE-FILE" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/backup/as-owner.sh
. "$here/as-owner.sh"
backup=$(absolute "$1") database=$(absolute "$2")

refuse() {
    echo "refused: $*; nothing was changed" >&2
    exit 1
}

# look BACKUP FILE: whether it can be one, in the eyes of whoever reads it.
look() {
    if [ ! -f "$2" ] || [ ! -r "$2" ]; then
        refuse "there is no backup $1 that user $(id -u) can read"
    fi
    if [ -s "$2-wal" ]; then
        refuse "$1-wal lies beside it: that is no backup but a database as it was in use"
    fi
}

# examine BACKUP ARGUMENT...: sqlite3 reads all of it by these arguments. Sets jobs to their number.
examine() {
    local backup=$1 said
    shift
    said=$(sqlite3 -init /dev/null "$@" 'PRAGMA quick_check(1)' 2>&1) || true
    [ "$said" = ok ] || refuse "$backup is damaged: $said"
    jobs=$(sqlite3 -init /dev/null "$@" 'SELECT count(*) FROM jobs')
}

# replace BACKUP FOLDER DATABASE: the backup comes by standard input; it and the folder are named for messages only.
replace() {
    local backup=$1 folder=$2 database=$3 part base kept number jobs=unknown end
    # Seen by the trap as well.
    new=$database.restoring
    for part in "$database" "$database-wal" "$database-shm" "$database.lock"; do
        if [ -L "$part" ] || { [ -e "$part" ] && [ ! -f "$part" ]; }; then
            refuse "${part##*/} in $folder is no ordinary file"
        fi
    done
    base=$database.before-$(date -u +%Y%m%dT%H%M%SZ)
    kept=$base
    for number in 2 3 4 5 6 7 8 9 10; do
        # Two restores in one second each keep what they found.
        if [ ! -e "$kept" ] && [ ! -L "$kept" ]; then break; fi
        kept=$base-$number
    done
    if [ -e "$kept" ] || [ -L "$kept" ]; then refuse "${kept##*/} is there already in $folder"; fi

    # Whoever works on the database holds this lock. Held until the end: nobody starts meanwhile. Opened for reading as
    # well, a pipe that was put there does not make this wait.
    exec 9<>"$database.lock" || refuse "the lock beside the database cannot be opened"
    flock -n 9 || refuse "the service is running, or another command has the database open"

    # First whole beside it and on disk, then looked through, so that nobody exchanges it in between. Then the old one
    # away, then this one into its place.
    rm -f -- "$new"
    trap 'rm -f -- "$new"' EXIT
    dd of="$new" bs=1M conv=excl,fsync oflag=nofollow status=none || refuse "$backup cannot be copied to $folder"

    # A database of SQLite says so in its first bytes, and at byte 68 whose it is: Z2DR.
    [ "$(head -c 15 "$new" | tr -d '\0')" = "SQLite format 3" ] || refuse "$backup is no database"
    [ "$(od -An -tx1 -j68 -N4 "$new" | tr -d ' ')" = 5a324452 ] || refuse "$backup is another program's database"
    if ! command -v sqlite3 >/dev/null; then
        echo "without sqlite3 the backup is not looked through here; the service does that when it starts" >&2
    elif [ -e "$(absolute "$new")" ]; then
        # Without anybody's settings for it.
        examine "$backup" "file:$new?mode=ro&immutable=1"
    elif [ "$(od -An -tx1 -j18 -N2 "$new" | tr -d ' ')" = 0101 ]; then
        # SQLite looks at every folder on the way, from / on, and this user cannot. The shell reads the file by itself.
        examine "$backup" -deserialize "$new"
    else
        # In memory SQLite takes no file whose changes go to a log.
        echo "behind a shut folder such a backup is not looked through; the service does that when it starts" >&2
    fi

    if [ -e "$database" ]; then
        # With its log: only together are they the database as it was.
        mv -nT -- "$database" "$kept"
        for end in -wal -shm; do
            if [ -e "$database$end" ]; then
                mv -nT -- "$database$end" "$kept$end"
            fi
        done
        echo "kept: $folder/${kept##*/}"
    else
        rm -f -- "$database-wal" "$database-shm"
    fi
    mv -nT -- "$new" "$database"
    if [ -e "$new" ]; then
        echo "another database appeared meanwhile; the old one is $folder/${kept##*/}" >&2
        exit 1
    fi
    sync "$(dirname "$database")"
    echo "restored: $folder/${database##*/}, with $jobs job(s). Start the service; the sweep finds what came since the backup."
}

folder=$(dirname "$database")
[ -d "$folder" ] || refuse "there is no folder $folder"
[ ! "$backup" -ef "$database" ] || refuse "that is the database itself"
# The script may lie where that user cannot read it: what they run is handed over.
part() { printf 'set -euo pipefail; umask 077; %s; "$@"' "$(declare -f absolute refuse look examine replace)"; }
in_command "$backup" || refuse "somebody else could exchange $backup"
reader=("$who" "$base") source=$inside
as_user "${reader[@]}" bash -c "$(part)" restore.sh look "$backup" "$source" </dev/null
in_command "$folder" || refuse "somebody else could exchange $folder"
as_user "${reader[@]}" dd if="$source" bs=1M iflag=nonblock status=none </dev/null |
    as_user "$who" "$base" bash -c "$(part)" restore.sh replace "$backup" "$folder" "$inside/$(basename "$database")"
