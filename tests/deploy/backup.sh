#!/usr/bin/env bash
# Backs up and restores for real, with the program that was built: while recordings are archived, while the service
# runs, with broken files, and with the service coming up on what was restored. Nothing but loopback.
set -euo pipefail

cd "$(dirname "$0")/../.."
root=$PWD
target=${CARGO_TARGET_DIR:-target}
program=${1:-$target/release/zoom2drive}
[ -x "$program" ] || program=$target/debug/zoom2drive
program=$(cd "$(dirname "$program")" && pwd)/$(basename "$program")
[ -x "$program" ] || { echo "build it first: cargo build" >&2; exit 1; }

scratch=$(mktemp -d)
pids=()
cleanup() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    wait
    rm -rf "$scratch"
}
trap cleanup EXIT

fail() {
    echo "FAILED: $*" >&2
    tail -n 30 "$scratch"/*.log >&2 || true
    exit 1
}

# Waits for a command to succeed, for a minute at most.
await() {
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    fail "waited in vain: $*"
}

export ZOOM2DRIVE=$program
backup=$root/deploy/backup/backup.sh
restore=$root/deploy/backup/restore.sh
copies=$scratch/copies

newest() { find "$copies" -name 'zoom2drive-*.db' | sort | tail -n 1; }
count() { find "$copies" -name 'zoom2drive-*.db' | wc -l; }
# Whether one is worked on is a matter of the moment.
jobs_of() { DATABASE_URL=sqlite://$1 "$program" jobs list --json | grep -v '"running"'; }

echo "-- a backup while recordings are archived"
"$program" demo --keep --fast >"$scratch/demo.log" 2>&1 &
demo=$!
pids+=("$demo")
await grep -q '^  database ' "$scratch/demo.log"
url=$(sed -n 's/^  database *//p' "$scratch/demo.log")
secret=$(sed -n 's/^  webhook secret *//p' "$scratch/demo.log")
service=$(sed -n 's/^  service *//p' "$scratch/demo.log")
event=$(dirname "${url#sqlite://}")/event.json

send() { # EVENT SECRET SERVICE
    local at signature
    at=$(date +%s)
    signature=$({ printf 'v0:%s:' "$at"; cat "$1"; } | openssl dgst -sha256 -hmac "$2" -r | cut -d ' ' -f 1)
    curl -sf -o /dev/null -H "x-zm-request-timestamp: $at" -H "x-zm-signature: v0=$signature" --data-binary "@$1" "$3/webhooks/zoom"
}

send "$event" "$secret" "$service"
cp "$event" "$scratch/event.json"
# Answered, so it is in whatever is copied from now on.
DATABASE_URL=$url "$backup" "$copies" 3
[ "$(count)" = 1 ] || fail "one copy was to be kept"
[ "$(stat -c %a "$(newest)")" = 600 ] || fail "others may read the copy"
jobs_of "$(newest)" >"$scratch/running.json"
[ "$(grep -c '"id"' "$scratch/running.json")" -ge 4 ] || fail "the copy lacks what was answered"
if "$restore" "$(newest)" "${url#sqlite://}" >"$scratch/refused.log" 2>&1; then
    fail "a running service was restored over"
fi
grep -q 'is running' "$scratch/refused.log" || fail "the reason is missing"
is_archived() { ! DATABASE_URL=$url "$program" jobs list --json | grep -q '"active"'; }
await is_archived
sleep 1 # Another name: they are named by the second.
DATABASE_URL=$url "$backup" "$copies" 3
jobs_of "${url#sqlite://}" >"$scratch/archived.json"
kill -INT "$demo"
wait "$demo" || fail "the demo broke a promise"

echo "-- on what was restored the service comes up with the same jobs"
data=$scratch/data
mkdir "$data"
openssl genrsa 2048 2>/dev/null >"$scratch/key.pem"
python3 - "$scratch" <<'PY'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
key = {"type": "service_account", "client_email": "z@example.iam.gserviceaccount.com",
       "private_key": (folder / "key.pem").read_text(), "private_key_id": "1", "token_uri": "http://127.0.0.1:9/token"}
(folder / "key.json").write_text(json.dumps(key))
PY
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
serve() { # LOG
    (cd "$data" && exec env DATABASE_URL="sqlite://$data/zoom2drive.db" ZOOM_WEBHOOK_SECRET_TOKEN=backup-test \
        GOOGLE_APPLICATION_CREDENTIALS="$scratch/key.json" GOOGLE_API_URL=https://127.0.0.1:9 DRIVE_FOLDER_ID=root0root0root0 \
        ZOOM_DOWNLOAD_HOSTS=localhost LISTEN_ADDR="127.0.0.1:$port" STOP_WITHIN=1s "$program" serve) >"$scratch/$1.log" 2>&1 &
    pid=$!
    pids+=("$pid")
    await env LISTEN_ADDR="127.0.0.1:$port" "$program" healthcheck
}
stop() {
    kill -TERM "$pid"
    wait "$pid" || fail "the service ended badly"
}

"$restore" "$(newest)" "$data/zoom2drive.db"
[ "$(stat -c %a "$data/zoom2drive.db")" = 600 ] || fail "others may read the database"
jobs_of "$data/zoom2drive.db" | diff "$scratch/archived.json" - || fail "other jobs than were backed up"
serve restored
jobs_of "$data/zoom2drive.db" | diff "$scratch/archived.json" - || fail "the service changed what is finished"
# The same event once more: it is known, and nothing begins anew.
send "$scratch/event.json" backup-test "http://127.0.0.1:$port"
jobs_of "$data/zoom2drive.db" | diff "$scratch/archived.json" - || fail "a known event began anew"

echo "-- an earlier copy over a later one: the later one is kept, and can be gone back to"
stop
oldest=$(find "$copies" -name 'zoom2drive-*.db' | sort | head -n 1)
# A log that was not taken in, as after kill -9: it belongs to the old one, and would spoil the new one.
printf 'a log of the old one' >"$data/zoom2drive.db-wal"
"$restore" "$oldest" "$data/zoom2drive.db"
rm -f "$data"/zoom2drive.db.before-*-wal
[ ! -e "$data/zoom2drive.db-wal" ] || fail "the old log is still there"
jobs_of "$data/zoom2drive.db" | diff "$scratch/running.json" - || fail "not the copy that was asked for"
jobs_of "$(find "$data" -name '*.before-*' ! -name '*-wal')" | diff "$scratch/archived.json" - || fail "the old one was not kept"
serve again
stop

echo "-- what is refused changes nothing"
before=$(sha256sum <"$data/zoom2drive.db")
refused() { # WHY FILE
    if "$restore" "$2" "$data/zoom2drive.db" >"$scratch/refused.log" 2>&1; then
        fail "$2 was taken"
    fi
    grep -q "$1" "$scratch/refused.log" || fail "the reason is not: $1"
    [ "$before" = "$(sha256sum <"$data/zoom2drive.db")" ] || fail "something was changed"
    [ ! -e "$data/zoom2drive.db.restoring" ] || fail "something was left behind"
}
refused 'there is no backup' "$scratch/nothing.db"
echo text >"$scratch/text.db"
refused 'is no database' "$scratch/text.db"
refused 'the database itself' "$data/zoom2drive.db"
cp "$oldest" "$scratch/foreign.db"
printf '\0\0\0\0' | dd of="$scratch/foreign.db" bs=1 seek=68 conv=notrunc status=none
refused "another program" "$scratch/foreign.db"
cp "$oldest" "$scratch/used.db"
echo log >"$scratch/used.db-wal"
refused 'as it was in use' "$scratch/used.db"
if command -v sqlite3 >/dev/null; then
    cp "$oldest" "$scratch/damaged.db"
    size=$(stat -c %s "$scratch/damaged.db")
    head -c $((size - 8192)) /dev/urandom | dd of="$scratch/damaged.db" bs=4096 seek=2 conv=notrunc status=none
    refused 'is damaged' "$scratch/damaged.db"
fi

echo "-- so many copies are kept, the newest; a backup that fails takes none away"
export DATABASE_URL=sqlite://$data/zoom2drive.db
mv "$oldest" "$scratch/oldest.db"
rm -f "$copies"/zoom2drive-*.db
for day in 01 02 03 04; do
    cp "$scratch/oldest.db" "$copies/zoom2drive-202601${day}T031500Z.db"
done
touch "$copies/.unfinished-killed.db" "$copies/notes.txt"
"$backup" "$copies" 3
[ "$(count)" = 3 ] || fail "not three"
[ -e "$copies/zoom2drive-20260104T031500Z.db" ] || fail "a new one was taken away"
[ ! -e "$copies/zoom2drive-20260102T031500Z.db" ] || fail "an old one was kept"
[ ! -e "$copies/.unfinished-killed.db" ] || fail "half a copy was left"
[ -e "$copies/notes.txt" ] || fail "a file that is no copy was taken away"
sleep 1
code=0
DATABASE_URL=sqlite://$scratch/nothing.db "$backup" "$copies" 1 2>/dev/null || code=$?
[ "$code" = 2 ] || fail "not the program's exit code: $code"
[ "$(count)" = 3 ] || fail "a failed backup cost a copy"
(
    exec 9<"$copies"
    flock 9
    if "$backup" "$copies" 1 2>"$scratch/refused.log"; then fail "two backups at a time"; fi
    grep -q 'under way' "$scratch/refused.log"
)
echo "backups are whole, restores go back to them, and nothing else is touched"
