#!/usr/bin/env bash
# Backs up the database into FOLDER and keeps the newest KEEP copies: `backup.sh FOLDER KEEP`. The service may run.
#
# Asks `zoom2drive backup`, which reads DATABASE_URL. ZOOM2DRIVE names the program, if it is not in the path. Run it
# as the service's own user. As root it does all of it as whoever is in command of FOLDER: see as-owner.sh.
# Exit codes: 0 done, 1 no backup was made, 2 wrong usage, or a database that has a tool of its own (pg_dump).
set -euo pipefail

if [ $# -ne 2 ] || ! [[ $2 =~ ^[1-9][0-9]*$ ]]; then
    echo "usage: backup.sh FOLDER KEEP" >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=deploy/backup/as-owner.sh
. "$here/as-owner.sh"
folder=$(absolute "$1") keep=$2
name=zoom2drive-$(date -u +%Y%m%dT%H%M%SZ).db

# Each of these is run in FOLDER, by whoever is in command of it.

# What an earlier run left behind when it was killed goes; it is never taken for a backup: it bears another name.
begin() {
    rm -f -- .unfinished-*
    if [ -e "$1" ] || [ -L "$1" ]; then
        echo "$PWD/$1 is there already: two backups within a second" >&2
        exit 1
    fi
}

# copy NAME SEEN-AS: the program may see the folder elsewhere, see backup-container.sh.
copy() {
    local program code=0
    read -ra program <<<"${ZOOM2DRIVE:-zoom2drive}"
    "${program[@]}" backup "$2/.unfinished-$1" >/dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        echo "no backup was made; older ones are as they were" >&2
        exit "$code"
    fi
}

# finish NAME KEEP: only after a new one is whole, and only what was named here.
finish() {
    local kept old
    if [ -L ".unfinished-$1" ] || [ ! -f ".unfinished-$1" ]; then
        echo "no backup was made: the program left none" >&2
        exit 1
    fi
    mv -nT -- ".unfinished-$1" "$1"
    mapfile -t kept < <(find . -maxdepth 1 -type f -name 'zoom2drive-[0-9]*T[0-9]*Z.db' -printf '%f\n' | sort -r)
    for old in "${kept[@]:$2}"; do
        rm -f -- "$old"
    done
    echo "$PWD/$1: $(stat -c %s "$1") bytes; $((${#kept[@]} < $2 ? ${#kept[@]} : $2)) kept"
}

# Of two at the same time, one would clear away what the other is writing. The folder itself is the lock: a file for it
# could be anything.
whole() {
    exec 9<.
    flock -n 9 || { echo "another backup into $PWD is under way" >&2; exit 1; }
    begin "$1"
    trap 'rm -f -- .unfinished-*' EXIT
    copy "$1" .
    finish "$1" "$2"
}

# part NAME ARGUMENT...: one of these, there. The script may lie where that user cannot read it: it is handed over.
part() {
    # shellcheck disable=SC2016 # filled in there
    as_user "$owner" "$from" bash -c "set -euo pipefail; umask 077; $(declare -f begin copy finish whole)"'; cd -- "$1"; shift; "$@"' \
        backup.sh "$there" "$@"
}

in_command "$folder"
[ -d "$folder" ] || as_user "$who" "$base" mkdir -p -m 0700 -- "$inside"
in_command "$folder"
owner=$who from=$base there=$inside
if [ -z "${BACKUP_SEEN_AS:-}" ]; then
    # Root would open the database, and leave files of its own beside it.
    place=${DATABASE_URL:-}
    case $place in
    sqlite://*)
        in_command "$(absolute "$(dirname "${place#sqlite://}")")"
        if [ "$who" != "$owner" ]; then
            echo "$folder and the database are in different hands: run this as the service's user" >&2
            exit 1
        fi
        ;;
    esac
    part whole "$name" "$keep"
    exit
fi

# In a container: only root may call the engine, which is asked between two parts.
exec 8<"$here/backup.sh"
flock -n 8 || { echo "another backup is under way" >&2; exit 1; }
part begin "$name"
(copy "$name" "$BACKUP_SEEN_AS") || { code=$?; part begin "$name"; exit "$code"; }
part finish "$name" "$keep"
