#!/usr/bin/env bash
# deploy/prepare and deploy/pin-images, run for real in a copy of the project, with an engine that is a stand-in: no
# registry can be asked here.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
echo "pins: .env and secrets/ are made, and images pinned by their digests"
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
mkdir -p "$folder/here" "$folder/bin"
cp -r "$repository/docker-compose.yml" "$repository/deploy" "$folder/here"
cd "$folder/here"
said() { "$@" >"$folder/said" 2>&1 </dev/null; }

## prepare, where somebody was before.

echo "theirs" >"$folder/theirs"
chmod 0600 "$folder/theirs"
before=$(stat -c '%a %s' "$folder/theirs")
mkdir -m 0700 secrets
ln -s "$folder/theirs" secrets/zoom_client_secret
ln -s "$folder/nothing" secrets/admin_token
ln -s "$folder/nothing-either" .env
said deploy/prepare || fail "does not prepare: $(cat "$folder/said")"
expect "links are left alone, with what they lead to" "$before no no" \
    "$(stat -c '%a %s' "$folder/theirs") $([ -e "$folder/nothing" ] && echo yes || echo no) $([ -e "$folder/nothing-either" ] && echo yes || echo no)"
chmod 0777 secrets
said deploy/prepare && fail "prepared where everybody can write"
grep -q 'not everybody can write' "$folder/said" || fail "$(cat "$folder/said")"
rm -rf secrets .env
mkdir -m 0700 "$folder/elsewhere"
ln -s "$folder/elsewhere" secrets
said deploy/prepare && fail "prepared through a link"
expect "nor through a folder that is a link" "" "$(ls -A "$folder/elsewhere")"
rm secrets
said deploy/prepare || fail "does not prepare: $(cat "$folder/said")"
expect ".env and secrets/ are for their owner only" "600 700" "$(stat -c %a .env secrets | xargs)"

## pin-images.

# digest-of NAME in the folder `digests`; without one, nothing is found there. Its words are Docker's, or Podman's.
mkdir "$folder/digests"
cat >"$folder/bin/docker" <<'STUB'
#!/bin/sh
file=$DIGESTS/$(basename "$(echo "${*: -1}" | cut -d : -f 1)")
case $1 in
pull)
    [ -e "$file" ] || { echo "manifest unknown" >&2; exit 1; }
    if [ "$(basename "$0")" = docker ]; then echo "Digest: sha256:$(cat "$file")"; else echo "$(cat "$file")"; fi ;;
image) printf 'example.com/other@sha256:%064d\n%s@sha256:%s\n\n' 1 "$(echo "${*: -1}" | cut -d : -f 1)" "$(cat "$file")" ;;
esac
STUB
sed -i 's/^#!\/bin\/sh/#!\/bin\/bash/' "$folder/bin/docker"
cp "$folder/bin/docker" "$folder/bin/podman"
chmod +x "$folder/bin"/*
export DIGESTS=$folder/digests PATH=$folder/bin:$PATH
names=$(sed -n 's/.*${\([A-Z]*_IMAGE\):-\([^}:]*\):[^}]*}.*/\1 \2/p' docker-compose.yml | sort -u)
expect "every image of others can be pinned" "" "$(grep -E '^ +image: [^$]' docker-compose.yml | grep -v ': zoom2drive' || true)"
said deploy/pin-images --check && fail "takes tags for pins"
expect "without pins each is named" "$(wc -l <<<"$names")" "$(grep -c 'is not pinned' "$folder/said")"
while read -r _ image; do
    printf '%s' "$image" | sha256sum | cut -d ' ' -f 1 >"$folder/digests/$(basename "$image")"
done <<<"$names"
mv "$folder/digests/grafana" "$folder/kept"
cp .env "$folder/env-before"
said deploy/pin-images && fail "pinned what is not there"
cmp .env "$folder/env-before" || fail "one that cannot be pinned changed .env"
proved "if one cannot be had, .env is as it was"
mv "$folder/kept" "$folder/digests/grafana"
for engine in docker podman; do
    cp "$folder/env-before" .env
    said env ENGINE=$engine deploy/pin-images || fail "$(cat "$folder/said")"
    while read -r name image; do
        grep -qx "$name=$image@sha256:$(cat "$folder/digests/$(basename "$image")")" .env || fail "$name is not pinned: $(cat .env)"
    done <<<"$names"
    said deploy/pin-images --check || fail "$(cat "$folder/said")"
    proved "$engine: each is pinned by what the registry said, and the check is content"
done
expect ".env is for its owner only, and holds the rest still" "600 1" "$(stat -c %a .env) $(grep -c '^DOMAIN=' .env)"
echo "1234567890abcdef1234567890abcdef1234567890abcdef1234567890abcdef" >"$folder/digests/nginx"
said deploy/pin-images || fail "$(cat "$folder/said")"
expect "a second time each is there once, with what is new" "1 1" \
    "$(grep -c '^NGINX_IMAGE=' .env) $(grep -c '^NGINX_IMAGE=.*@sha256:1234567890abcdef' .env)"
sed -i 's/nginx:1\.[0-9]*}/nginx:1.99}/' docker-compose.yml
said deploy/pin-images --check && fail "does not see that another tag is used"
grep -q 'NGINX_IMAGE is pinned from another tag' "$folder/said" || fail "$(cat "$folder/said")"
proved "an update of the project that names another tag is seen"
echo "not a digest" >"$folder/digests/nginx"
cp .env "$folder/env-before"
said deploy/pin-images && fail "pinned by what is no digest"
cmp .env "$folder/env-before" || fail "changed .env"
proved "what is no digest is none"
if [ -x /usr/bin/docker-compose ]; then
    said /usr/bin/docker-compose config
    expect "docker-compose takes the digests" "$(grep -c '_IMAGE=docker.io/[^ ]*/nginx@sha256' .env)" \
        "$(/usr/bin/docker-compose config 2>/dev/null | grep -c 'image: docker.io/library/nginx@sha256:')"
fi
echo "pins: all of it holds"
