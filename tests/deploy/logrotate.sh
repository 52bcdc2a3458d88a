#!/usr/bin/env bash
# Rotates for real, in a scratch folder: the rules are read by logrotate as they are, and then forced, day by day,
# with their folders moved. Needs no rights: `su` and `create` name users of the machine that it is for.
set -euo pipefail

cd "$(dirname "$0")/../.."
rules=$PWD/deploy/logrotate/zoom2drive
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
PATH=$PATH:/usr/sbin
me=$(id -un) mine=$(id -gn)

# The rules as they are, but for users that this machine need not have.
sed "s/zoom2drive zoom2drive/$me $mine/; s/www-data adm/$me $mine/" "$rules" >"$scratch/as-is"
chmod 0644 "$scratch/as-is"
logrotate -d -s "$scratch/state" "$scratch/as-is" >"$scratch/said" 2>&1 || { cat "$scratch/said"; exit 1; }
if grep -i error "$scratch/said"; then exit 1; fi

# The same in folders that can be written, with a stand-in for nginx that notes its signal.
logs=$scratch/logs
mkdir -p "$logs/zoom2drive-nginx" "$logs/zoom2drive"
chmod 0755 "$scratch" "$logs" "$logs"/*
bash -c 'trap "echo opened anew >>$0/signals" USR1; echo ready >$0/ready; while :; do sleep 0.05; done' "$scratch" &
nginx=$!
trap 'kill "$nginx" 2>/dev/null; rm -rf "$scratch"' EXIT
until [ -e "$scratch/ready" ]; do sleep 0.05; done
echo "$nginx" >"$scratch/nginx.pid"
sed -e "s|/var/log/|$logs/|; s|/run/nginx.pid|$scratch/nginx.pid|g" "$scratch/as-is" >"$scratch/moved"
chmod 0644 "$scratch/moved"

# Ten days: files of days before, which logrotate tells by their names, and today's.
for back in $(seq 10 -1 1); do
    day=$(date -d "-$back day" +%Y%m%d)
    echo "day $day" | gzip >"$logs/zoom2drive-nginx/access.log-$day.gz"
    echo "day $day" | gzip >"$logs/zoom2drive/service.log-$day.gz"
    touch -d "-$back day" "$logs/zoom2drive-nginx/access.log-$day.gz" "$logs/zoom2drive/service.log-$day.gz"
done
echo "a line of today" >"$logs/zoom2drive-nginx/access.log"
exec 8>>"$logs/zoom2drive/service.log"
echo "a line of today" >&8
logrotate -f -s "$scratch/state" "$scratch/moved"
echo "a line of tomorrow" >&8

today=$(date +%Y%m%d)
holds() { [ "$(cat "$1")" = "$2" ] || { echo "$1 holds: $(cat "$1")" >&2; exit 1; }; }
# Renamed, a new one made, and nginx told.
holds "$logs/zoom2drive-nginx/access.log-$today" "a line of today"
[ -e "$logs/zoom2drive-nginx/access.log" ]
[ ! -s "$logs/zoom2drive-nginx/access.log" ]
for _ in $(seq 100); do
    [ ! -e "$scratch/signals" ] || break
    sleep 0.05
done
holds "$scratch/signals" "opened anew"
# Copied and emptied: who has it open goes on writing into it.
holds "$logs/zoom2drive/service.log" "a line of tomorrow"
[ "$(zcat "$logs/zoom2drive/service.log-$today.gz")" = "a line of today" ]
for folder in zoom2drive-nginx zoom2drive; do
    kept=$(find "$logs/$folder" -name '*.log-*' | wc -l)
    [ "$kept" = 7 ] || { echo "$folder: $kept files kept, not 7" >&2; ls "$logs/$folder" >&2; exit 1; }
done
echo "log files go after seven days, and nobody writes into one that was put away"
