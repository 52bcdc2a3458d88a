#!/usr/bin/env bash
# The shipped Dockerfile, unchanged: built, measured, and run as it is meant to be, with 128 MiB of memory, no root, no
# shell and nothing to write to but its volume, while 2 GiB are archived.
#
# Z2D_PROFILE=release builds in less time (a larger program; nothing else differs).
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/deploy/engine.sh
source "$repository/tests/deploy/engine.sh"
# shellcheck source=tests/deploy/images.sh
source "$repository/tests/deploy/images.sh"

# Largest that the image may be, as it ships (profile dist).
size_max=30000000
memory=$((128 * 1024 * 1024))
profile=${Z2D_PROFILE:-dist}
listen=127.0.0.1:18080

need openssl curl python3 mmdebstrap rustc cargo
echo "image: the shipped Dockerfile, profile $profile"
cd "$repository"
cargo build --quiet --release --locked --example sandbox
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
start_engine
debian_image "$folder"
rust_image "$folder"
proved "base images are made of packages and of the toolchain here"

## Built.

build() {
    DOCKER_BUILDKIT=1 $docker build --progress=plain --build-arg "PROFILE=$profile" --tag zoom2drive . >"$folder/build-log" 2>&1 ||
        fail "the image cannot be built: $(tail -n 40 "$folder/build-log")"
}
build
proved "the image is built"
layer() { $docker image inspect --format '{{index .RootFS.Layers 0}} {{.Id}}' zoom2drive; }
before=$(layer)
build
expect "again, and it is the same" "$before" "$(layer)"
size=$($docker image inspect --format '{{.Size}}' zoom2drive)
[ "$size" -lt $size_max ] || [ "$profile" != dist ] || fail "the image has $size bytes"
proved "it has $((size / 1000000)).$((size / 100000 % 10)) MB, all in all (at most $((size_max / 1000000)))"
inspect() { $docker image inspect --format "$1" zoom2drive; }
expect "it runs as nobody special" 10001:10001 "$(inspect '{{.Config.User}}')"
expect "it says how it feels" '[CMD /usr/local/bin/zoom2drive healthcheck]' "$(inspect '{{.Config.Healthcheck.Test}}')"
$docker create --name z2d-look zoom2drive >/dev/null
at_end "$docker rm -f z2d-look z2d-test >/dev/null 2>&1"
# What the engine puts into every container is not of the image.
$docker export z2d-look | tar -t | grep -v -E '/$|^(dev|proc|sys)/|^\.dockerenv$|^etc/(hosts|hostname|resolv.conf|mtab)$' |
    sort >"$folder/files"
expect "it holds the program, what it needs, and nothing else" "etc/group etc/passwd etc/ssl/certs/ca-certificates.crt" \
    "$(grep -v -E '^(usr/local/bin/zoom2drive|(usr/)?lib(64)?/.*\.so[.0-9]*)$' "$folder/files" | xargs)"
$docker run --rm --network none zoom2drive demo >/dev/null 2>&1 && fail "the sandbox is in the image"
proved "it has no sandbox"
expect "the program starts there" "zoom2drive $(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)" \
    "$($docker run --rm --network none --read-only zoom2drive --version)"

## Run, with a Zoom and a Google on the host: the host's network, so that its loopback is the container's.

mkdir "$folder/world"
sandbox "$folder/world" 2 4 512
setting() { sed -n "s/^$1=//p" "$folder/world/environment"; }
chmod 755 "$folder" "$folder/world"
chmod 444 "$folder/world/google-key.json"
token=$(openssl rand -hex 16)
$docker volume create z2d-test-data >/dev/null
at_end "$docker volume rm -f z2d-test-data >/dev/null 2>&1"
$docker run --detach --name z2d-test --network host \
    --memory $memory --memory-swap $memory --cpus 1 --pids-limit 64 --read-only --cap-drop ALL \
    --security-opt no-new-privileges --health-interval 1s \
    --env-file "$folder/world/environment" --env LISTEN_ADDR=$listen --env DATABASE_URL=sqlite:///data/zoom2drive.db \
    --env GOOGLE_APPLICATION_CREDENTIALS=/run/secrets/google.json --env ADMIN_TOKEN="$token" \
    --env SETTLE_FOR=1s --env SWEEP_EVERY=0s --env TIMEZONE=Europe/Berlin \
    --volume "$folder/world/google-key.json:/run/secrets/google.json:ro" --volume z2d-test-data:/data \
    zoom2drive >/dev/null
at_end "$docker rm -f z2d-test >/dev/null 2>&1"
state() { $docker inspect --format "$1" z2d-test; }
healthy() { [ "$(state '{{.State.Health.Status}}')" = healthy ]; }
within 60 "it becomes healthy" healthy
process=$(state '{{.State.Pid}}')
expect "its process is 10001 on the host" 10001 "$(awk '/^Uid:/ { print $2 }' "/proc/$process/status")"
expect "without any capability, and none to be had" "0000000000000000 0000000000000000 1" \
    "$(awk '/^Cap(Eff|Bnd):|^NoNewPrivs:/ { print $2 }' "/proc/$process/status" | xargs)"

deliver() {
    signed "$(setting ZOOM_WEBHOOK_SECRET_TOKEN)" "$folder/world/event-$1.json"
    curl -s -o /dev/null -w '%{http_code}' "${signed[@]}" "http://$listen/webhooks/zoom"
}
finished() {
    curl -sf -H "authorization: Bearer $token" "http://$listen/admin/jobs?standing=finished" |
        python3 -c "import json, sys; sys.exit(len(json.load(sys.stdin)['jobs']) != $1)"
}
expect "it takes an event" 200 "$(deliver 1)"
within 300 "2 GiB are archived" finished 1
# cgroup v2, or v1
peak=$(cat "/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$process/cgroup")/memory.peak" 2>/dev/null ||
    cat "/sys/fs/cgroup/memory$(sed -n 's/^[0-9]*:memory://p' "/proc/$process/cgroup")/memory.max_usage_in_bytes")
resident=$(awk '/^VmHWM:/ { print $2 }' "/proc/$process/status")
[ "$peak" -lt $memory ] || fail "it took $peak bytes"
proved "memory peak: $((peak / 1048576)) MiB by its cgroup, $((resident / 1024)) MiB resident, of $((memory / 1048576))"

## Stopped in the middle, and started again.

expect "it takes a second event" 200 "$(deliver 2)"
under_way() {
    curl -sf -H "authorization: Bearer $token" "http://$listen/admin/jobs/2" |
        python3 -c 'import json, sys; sys.exit(json.load(sys.stdin)["stage"] != "planned")'
}
within 60 "the second recording is under way" under_way
$docker stop --time 40 z2d-test >/dev/null
expect "SIGTERM ends it in order" "0 false" "$(state '{{.State.ExitCode}} {{.State.OOMKilled}}')"
$docker logs z2d-test >"$folder/service-log" 2>&1
for line in "stopping: no new events" "stopped"; do
    grep -q "$line" "$folder/service-log" || fail "the log does not say '$line'"
done
$docker start z2d-test >/dev/null
within 60 "it becomes healthy again" healthy
within 300 "what was under way is archived" finished 2
$docker logs z2d-test >"$folder/service-log" 2>&1
$docker stop --time 40 z2d-test >/dev/null
sandbox_ends "$folder/world"
expect "no secret is in its log" 0 "$(grep -cF -f "$folder/world/secrets" "$folder/service-log" || true)"
echo "image: all of it holds"
