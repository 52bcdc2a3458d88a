#!/usr/bin/env bash
# PostgreSQL's tools as deploy/backup/postgres.sh calls them, on a server that asks for a password: a dump and its way
# back, while every process's arguments are looked through. Nothing but loopback.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
bin=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
PATH=$PATH:$bin
need initdb pg_ctl psql pg_dump pg_restore python3
echo "passwords: no password of the database among the arguments of a process"
cd "$repository"
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder

# A server does not run as root, but as the user whom its package has made.
server=()
if [ "$(id -u)" = 0 ]; then
    chown postgres "$folder"
    server=(setpriv --reuid postgres --regid postgres --clear-groups --)
fi
# With everything in it that an address must spell out.
password='p@ss/w:o\r%d?&#ä'
encoded='p%40ss%2Fw%3Ao%5Cr%25d%3F%26%23%C3%A4'
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
printf '%s' "$password" >"$folder/password"
chmod 0644 "$folder/password"
"${server[@]}" initdb --username ann --pwfile "$folder/password" --auth scram-sha-256 --encoding UTF8 -D "$folder/data" >"$folder/log" 2>&1 ||
    fail "no server: $(cat "$folder/log")"
"${server[@]}" pg_ctl -D "$folder/data" -o "-p $port -k $folder -c fsync=off" -l "$folder/data/log" -w start >"$folder/log" 2>&1 ||
    fail "no server: $(cat "$folder/log")"
stop_server() { "${server[@]}" pg_ctl -D "$folder/data" -m immediate stop; }
at_end 'stop_server >/dev/null 2>&1'
proved "a PostgreSQL runs that asks for a password"

tool() { deploy/backup/postgres.sh "$@"; }
export DATABASE_URL="postgres://ann:$encoded@127.0.0.1:$port/postgres?sslmode=disable&statement-cache-capacity=0"
sql() { tool psql --quiet --no-psqlrc --no-align --tuples-only --no-password --command "$1"; }
sql "CREATE TABLE jobs (id int); INSERT INTO jobs VALUES (1), (2)"
expect "an address with a password of every kind is understood" 2 "$(sql 'SELECT count(*) FROM jobs')"
expect "the same from a file" 2 "$(
    printf '%s\n' "$DATABASE_URL" >"$folder/url"
    unset DATABASE_URL
    DATABASE_URL_FILE=$folder/url sql 'SELECT count(*) FROM jobs'
)"
expect "and where the password stands behind the question mark" 2 "$(
    DATABASE_URL="postgresql://ann@127.0.0.1:$port/postgres?password=$encoded" sql 'SELECT count(*) FROM jobs'
)"
DATABASE_URL=sqlite://x tool true 2>/dev/null && fail "took a file for a server"

# A dump that cannot end: somebody holds the table. Meanwhile everything that runs is looked through.
mkfifo "$folder/statements"
tool psql --quiet --no-psqlrc --no-password <"$folder/statements" >/dev/null &
holder=$!
at_end "kill $holder 2>/dev/null"
# Held open until the end, and by nobody else: with it, psql ends.
exec 9>"$folder/statements"
echo 'BEGIN; LOCK TABLE jobs;' >&9
locked() { [ "$(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'jobs'::regclass")" = 1 ]; }
within 30 "somebody holds the table" locked
tool pg_dump --format=custom --no-password >"$folder/dump" &
dump=$!
waits() { [ "$(sql "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_dump' AND wait_event_type = 'Lock'")" -ge 1 ]; }
within 30 "a dump is under way" waits
# What is looked for comes from a file: among its own arguments, the look would now and then find itself.
printf '%s\n' "$password" "$encoded" >"$folder/forbidden"
shown() { cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\0' '\n' | grep -aF -f "$folder/forbidden" || true; }
expect "no process shows the password" "" "$(shown)"
(exec -a "$encoded" sleep 60) &
other=$!
at_end "kill $other 2>/dev/null"
found() { [ -n "$(shown)" ]; }
within 10 "the look finds a process that shows it" found
kill $other
sql "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 'jobs'::regclass" >/dev/null
wait $dump || fail "no dump"
sql 'DROP TABLE jobs'
tool pg_restore --clean --if-exists --single-transaction --no-password "$folder/dump" || fail "no restore"
expect "what was dumped comes back" 2 "$(sql 'SELECT count(*) FROM jobs')"
echo "passwords: all of it holds"
