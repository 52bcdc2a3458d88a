#!/usr/bin/env bash
# Root's scripts against a service that was taken over: its user has put links, second names, pipes, devices and
# exchanged folders wherever root may come along, beforehand and while root is at it. What is root's stays as it is, and
# nobody waits for ever. Nothing but files in a scratch folder.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
need setpriv sqlite3 flock
[ "$(id -u)" = 0 ] || fail "only root can show what root does"
echo "planted: backup and restore as root, in folders of somebody who means harm"
cd "$repository"
scratch=$(mktemp -d)
chmod 0711 "$scratch"
remove_scratch() { rm -rf "$scratch"; }
at_end remove_scratch

# The service's user: a number without a name, as in a container.
service=23456
become=(setpriv --reuid "$service" --regid "$service" --clear-groups --)
as_service() { "${become[@]}" "$@"; }
restore() { timeout 60 deploy/backup/restore.sh "$@" >"$scratch/said" 2>&1 </dev/null; }
backup() { timeout 60 deploy/backup/backup.sh "$@" >"$scratch/said" 2>&1 </dev/null; }

# What is root's: a file to be read, one to be handed out, a folder to be written to.
vault=$scratch/vault
mkdir -m 0700 "$vault"
mkdir -m 0755 "$vault/open"
echo "root's secret" >"$vault/secret"
chmod 0600 "$vault/secret"
new_database() { # FILE JOBS
    rm -f "$1"
    sqlite3 "$1" "PRAGMA application_id = $((16#5a324452)); CREATE TABLE jobs (id); INSERT INTO jobs SELECT value FROM generate_series(1, $2);"
    chmod 0600 "$1"
}
new_database "$vault/other.db" 7
print_vault() { find "$vault" -printf '%P %u:%g %m %y %s %n\n' | sort; sha256sum "$vault/secret" "$vault/other.db"; }
print_vault >"$scratch/vault-before"
# harmless WHAT: the vault is as it was.
harmless() {
    print_vault | diff "$scratch/vault-before" - >"$scratch/harm" || fail "$1: $(cat "$scratch/harm"; cat "$scratch/said")"
    proved "$1"
}

# The service's folders, as they are without harm.
data=$scratch/data copies=$scratch/copies database=$scratch/data/zoom2drive.db
fresh() {
    rm -rf "$data" "$copies"
    install -d -m 0700 -o $service -g $service "$data" "$copies"
    new_database "$copies/copy.db" 3
    new_database "$database" 1
    chown $service:$service "$copies/copy.db" "$database"
}
jobs() { sqlite3 "$1" 'SELECT count(*) FROM jobs'; }
refused() { # WHY
    grep -q "$1" "$scratch/said" || fail "the reason is not '$1': $(cat "$scratch/said")"
}

## Without harm.

fresh
restore "$copies/copy.db" "$database" || fail "no restore: $(cat "$scratch/said")"
expect "root restores, and the service's user owns what is there" "3 $service:$service 600" \
    "$(jobs "$database") $(stat -c '%u:%g %a' "$database")"
expect "nothing in the folder is root's" "" "$(find "$data" -user 0)"
fresh
install -m 0600 "$copies/copy.db" "$vault/open/mine.db"
restore "$vault/open/mine.db" "$database" || fail "no restore of root's own: $(cat "$scratch/said")"
expect "a backup that only root can read is read by root, and written by the service's user" "3 $service:$service" \
    "$(jobs "$database") $(stat -c %u:%g "$database")"
rm "$vault/open/mine.db"

# As a container engine keeps its volumes: the way there is root's alone, and shut to the user.
fresh
mkdir -m 0700 "$scratch/shut"
mv "$data" "$copies" "$scratch/shut"
restore "$scratch/shut/copies/copy.db" "$scratch/shut/data/zoom2drive.db" || fail "no restore behind a shut folder: $(cat "$scratch/said")"
expect "where only root gets, root leads the way" "3 $service:$service" \
    "$(jobs "$scratch/shut/data/zoom2drive.db") $(stat -c %u:%g "$scratch/shut/data/zoom2drive.db")"
expect "and does nothing else there" "" "$(find "$scratch/shut" -mindepth 1 -user 0)"
again() { restore "$scratch/shut/copies/copy.db" "$scratch/shut/data/zoom2drive.db"; }
# Some page of it, other than the first, is no page.
dd if=/dev/zero of="$scratch/shut/copies/copy.db" bs=4096 seek=1 count=1 conv=notrunc status=none
again && fail "a damaged backup was restored behind a shut folder"
refused 'is damaged'
expect "there too a damaged backup is refused" 3 "$(jobs "$scratch/shut/data/zoom2drive.db")"
new_database "$scratch/shut/copies/copy.db" 4
sqlite3 "$scratch/shut/copies/copy.db" 'PRAGMA journal_mode = WAL' >/dev/null
chown $service:$service "$scratch/shut/copies/copy.db"
again || fail "no restore of one with a log: $(cat "$scratch/said")"
refused 'not looked through'
expect "one whose changes go to a log is restored, and said not to be looked through" 4 "$(jobs "$scratch/shut/data/zoom2drive.db")"

expect "each restore, of however many in a second, keeps what it found" 2 "$(find "$scratch/shut/data" -name '*.before-*' | wc -l)"

## Put there beforehand.

# plant WHAT WHERE: as the service's user, where they can; root puts second names there, which the system may refuse to others.
plant() {
    rm -rf "$2"
    case $1 in
    link) as_service ln -s "$vault/secret" "$2" ;;
    'link to nothing') as_service ln -s "$vault/open/new" "$2" ;;
    'second name') ln "$vault/secret" "$2" ;;
    pipe) as_service mkfifo "$2" ;;
    device) mknod "$2" c 1 7 && chmod 0666 "$2" ;;
    folder) as_service mkdir "$2" ;;
    esac
}
for what in link 'link to nothing' 'second name' pipe device folder; do
    for place in .lock .restoring "" -wal -shm; do
        fresh
        plant "$what" "$database$place"
        code=0
        restore "$copies/copy.db" "$database" || code=$?
        [ "$code" = 0 ] || [ "$code" = 1 ] || fail "$what at $place: $code, $(cat "$scratch/said")"
        [ "$what" = 'second name' ] || find "$data" -user 0 ! -type c | { ! grep -q .; } || fail "$what at $place: root left something"
        rm -rf "$data"
        print_vault | diff "$scratch/vault-before" - >"$scratch/harm" || fail "$what at $place: $(cat "$scratch/harm" "$scratch/said")"
    done
    proved "a $what in the place of the lock, the new file, the database or its log harms nothing of root's"
done

for what in link 'link to nothing' pipe device folder; do
    fresh
    plant "$what" "$copies/copy.db"
    [ "$what" != link ] || { rm "$copies/copy.db" && as_service ln -s "$vault/other.db" "$copies/copy.db"; }
    restore "$copies/copy.db" "$database" && fail "$what was restored"
    refused 'there is no backup'
    expect "a $what in the place of the backup is none" 1 "$(jobs "$database")"
done
harmless "a database of root's is not handed out by it"

fresh
as_service mkdir "$data/below"
mv "$database" "$data/below"
rm -rf "$data/below"
as_service ln -s "$vault/open" "$data/below"
restore "$copies/copy.db" "$data/below/zoom2drive.db" && fail "restored into root's folder"
harmless "a folder on the way that became a link leads nowhere"

fresh
rm -rf "$copies"
as_service ln -s "$vault" "$data/copies"
restore "$data/copies/other.db" "$database" && fail "handed out by a folder that is a link"
harmless "nor does one on the way to the backup"

mkdir -m 0777 "$scratch/everybody"
chmod 0777 "$scratch/everybody"
fresh
restore "$copies/copy.db" "$scratch/everybody/zoom2drive.db" && fail "restored where everybody can write"
refused 'others may write to it'
proved "where everybody may write, root does nothing"

## While root is at it.

# Not by the function: the process that is ended must be the attacker, and no shell around it.
fresh
# shellcheck disable=SC2016 # filled in there
"${become[@]}" bash -c '
    cd "$1"
    while :; do
        for name in zoom2drive.db.lock zoom2drive.db.restoring zoom2drive.db zoom2drive.db-wal; do
            ln -sfn "$2/secret" "$name"
            ln -sfn "$2/open/new" "$name"
            rm -f "$name"
            mkfifo "$name"
            rm -f "$name"
        done
    done' - "$data" "$vault" >/dev/null 2>&1 &
racer=$!
at_end "kill $racer 2>/dev/null"
for _ in $(seq 40); do
    restore "$copies/copy.db" "$database" || true
done
kill $racer
wait $racer 2>/dev/null || true
harmless "forty times in a race, nothing of root's is touched"
expect "and nothing there is root's" "" "$(find "$data" -user 0)"

fresh
mkdir -m 0755 "$scratch/swap"
chown $service:$service "$scratch/swap"
# shellcheck disable=SC2016 # filled in there
"${become[@]}" bash -c 'cd "$1"; mkdir real; while :; do ln -sfnT "$2/open" here; rm here; mv -T real here; mv -T here real; done' \
    - "$scratch/swap" "$vault" >/dev/null 2>&1 &
racer=$!
at_end "kill $racer 2>/dev/null"
for _ in $(seq 40); do
    restore "$copies/copy.db" "$scratch/swap/here/zoom2drive.db" || true
done
kill $racer
wait $racer 2>/dev/null || true
harmless "forty times with a folder that becomes a link, either"

## Backups.

cat >"$scratch/program" <<'STUB'
#!/bin/sh
{ id -u; echo "${SECRET_OF_ROOT:-none}"; } >who
echo copy >"$2"
STUB
chmod 0755 "$scratch/program"
export ZOOM2DRIVE=$scratch/program SECRET_OF_ROOT=known
fresh
backup "$copies" 2 || fail "no backup: $(cat "$scratch/said")"
expect "the program runs as the service's user, without root's environment" "$service none" "$(xargs <"$copies/who")"
expect "nothing of a backup is root's" "" "$(find "$copies" -user 0)"
fresh
mv "$copies" "$scratch/shut/backups"
backup "$scratch/shut/backups" 2 || fail "no backup behind a shut folder: $(cat "$scratch/said")"
expect "nor behind a folder that is shut to the user" "$service" "$(stat -c %u "$scratch"/shut/backups/zoom2drive-*.db)"
for what in link 'link to nothing' 'second name' pipe device folder; do
    for name in .lock .unfinished-x "zoom2drive-20200101T000000Z.db"; do
        fresh
        plant "$what" "$copies/$name"
        backup "$copies" 1 || [ "$what" = folder ] || fail "$what at $name: $(cat "$scratch/said")"
        rm -rf "$copies"
        print_vault | diff "$scratch/vault-before" - >"$scratch/harm" || fail "$what at $name: $(cat "$scratch/harm")"
    done
    proved "a $what in the folder of backups harms nothing of root's"
done
fresh
rm -rf "$copies"
as_service ln -s "$vault/open" "$data/copies"
backup "$data/copies" 1 && fail "backed up into root's folder"
harmless "a folder of backups that became a link leads nowhere"
fresh
DATABASE_URL=sqlite://$database backup "$vault/open" 1 && fail "root opened the service's database"
refused 'different hands'
harmless "root does not open the service's database"

fresh
rm -rf "$copies"
as_service ln -s "$vault/open" "$data/copies"
timeout 60 deploy/backup/backup-container.sh "$data/copies" 1 >"$scratch/said" 2>&1 && fail "gave a folder away that is not root's to give"
harmless "nor is a folder given to the containers' user that somebody could exchange"
echo "planted: all of it holds"
