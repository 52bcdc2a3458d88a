#!/usr/bin/env bash
# The droplet's scripts, run for real in a scratch folder that stands for its root: fetching the project and another
# ref of it, and bringing secrets. ssh, sudo and the engine are stand-ins that note what they are asked.
set -euo pipefail

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
there=$scratch/there
mkdir -p "$scratch/bin" "$there/opt" "$there/etc/zoom2drive"

fail() {
    echo "FAILED: $*" >&2
    cat "$scratch"/*.log >&2 || true
    exit 1
}
# The script, with the droplet's places in the scratch folder.
moved() { sed "s|/opt/zoom2drive|$there/opt/zoom2drive|g; s|/etc/zoom2drive|$there/etc/zoom2drive|g" "$1"; }

echo "-- fetching, another ref, and back"
origin=$scratch/origin
git init -q -b main "$origin"
git -C "$origin" config user.email test@example.com
git -C "$origin" config user.name test
release() { # TEXT TAG
    mkdir -p "$origin/deploy/droplet"
    printf '#!/bin/sh\necho setup of %s\n' "$1" >"$origin/deploy/droplet/setup.sh"
    chmod +x "$origin/deploy/droplet/setup.sh"
    git -C "$origin" add -A
    git -C "$origin" commit -qm "$1"
    git -C "$origin" tag "$2"
}
release one v1
release two v2
settings() { printf 'ENGINE=docker\nGIT_REPOSITORY=%s\nGIT_REF=%s\nOPERATOR=%s\n' "$1" "$2" "$(id -un)" >"$there/etc/zoom2drive/droplet.env"; }
moved deploy/droplet/fetch.sh >"$scratch/fetch.sh"
fetched() { # EXPECTED [REF]
    local expected=$1
    shift
    bash "$scratch/fetch.sh" "$@" >"$scratch/fetch.log" 2>&1 || fail "cannot fetch $*"
    grep -qx "setup of $expected" "$scratch/fetch.log" || fail "not $expected"
}
settings "$origin" main
fetched two
fetched one v1
grep -qx GIT_REF=v1 "$there/etc/zoom2drive/droplet.env" || fail "the ref that runs is not written down"
fetched two "$(git -C "$origin" rev-parse v2)"
release three v3
# A branch moves on, and is followed.
fetched three main
fetched two v2
if bash "$scratch/fetch.sh" v9 >"$scratch/fetch.log" 2>&1; then fail "fetched what is not there"; fi
grep -qx GIT_REF=v2 "$there/etc/zoom2drive/droplet.env" || fail "a ref that is not there was written down"
rm -rf "$there/opt/zoom2drive"
settings "" main
bash "$scratch/fetch.sh" | grep -q 'copy the project' || fail "says not what to do without a repository"

echo "-- what root runs is nobody else's to exchange"
settings "$origin" main
fetched three main
refuses() { # WHAT
    if bash "$scratch/fetch.sh" >"$scratch/fetch.log" 2>&1; then fail "fetched although $1"; fi
    grep -q 'must be no link' "$scratch/fetch.log" || fail "does not say that $1"
}
chmod 0777 "$there/opt/zoom2drive"
refuses "everybody may write to the project"
chmod 0755 "$there/opt/zoom2drive"
mv "$there/opt/zoom2drive" "$there/opt/elsewhere"
ln -s elsewhere "$there/opt/zoom2drive"
refuses "the project is a link"
rm -r "$there/opt/zoom2drive" "$there/opt/elsewhere"
chmod 0666 "$there/etc/zoom2drive/droplet.env"
refuses "everybody may write its settings"
chmod 0644 "$there/etc/zoom2drive/droplet.env"
settings "" main
bash "$scratch/fetch.sh" >/dev/null

echo "-- bringing secrets"
cat >"$scratch/bin/ssh" <<'STUB'
#!/usr/bin/env bash
shift
exec bash -c "${1//\/opt\/zoom2drive/$THERE/opt/zoom2drive}"
STUB
printf '#!/bin/sh\nexec "$@"\n' >"$scratch/bin/sudo"
chmod +x "$scratch/bin"/*
export THERE=$there
mine=$scratch/mine
mkdir -p "$mine/secrets"
bring() { PATH=$scratch/bin:$PATH deploy/droplet/bring-secrets.sh deploy@example "$mine" >"$scratch/bring.log" 2>&1; }
lacks() { # WHAT
    if bring; then fail "brought something unfinished"; fi
    grep -q "$1" "$scratch/bring.log" || fail "does not say: $1"
    [ ! -e "$there/opt/zoom2drive/.env" ] || fail "brought something all the same"
}
lacks '.env is missing'
printf 'DOMAIN=hooks.example.com\n' >"$mine/.env"
lacks 'zoom_webhook_secret_token is missing'
printf one >"$mine/secrets/zoom_webhook_secret_token"
printf text >"$mine/secrets/google.json"
lacks 'does not set DRIVE_FOLDER_ID'
echo DRIVE_FOLDER_ID=root >>"$mine/.env"
lacks 'is not the JSON file'
printf '{}' >"$mine/secrets/google.json"
: >"$mine/secrets/postgres_password"
chmod 0644 "$mine"/secrets/* "$mine/.env"
bring || fail "cannot bring"
place=$there/opt/zoom2drive
cmp "$mine/.env" "$place/.env"
cmp "$mine/secrets/google.json" "$place/secrets/google.json"
[ "$(stat -c %a "$place/.env" "$place/secrets" "$place/secrets/google.json" | paste -sd' ')" = "600 700 444" ] || fail "others may read, or the containers may not"
# Again, with a change: nothing of the old is left, nothing lies about, and what somebody put in the way is not written
# through. What is a link here arrives as what it leads to.
printf untouched >"$scratch/theirs"
ln -s "$scratch/theirs" "$place/.env.new"
ln -s "$scratch" "$place/secrets.new"
printf two >"$mine/two"
rm -f "$mine/secrets/zoom_webhook_secret_token"
ln -s ../two "$mine/secrets/zoom_webhook_secret_token"
rm "$mine/secrets/postgres_password"
bring || fail "cannot bring a second time"
[ "$(cat "$scratch/theirs")" = untouched ] || fail "wrote through a link"
[ "$(cat "$place/secrets/zoom_webhook_secret_token")" = two ] || fail "the old secret is still there"
[ "$(find "$place" -mindepth 1 -printf '%P\n' | sort | paste -sd' ')" = ".env secrets secrets/google.json secrets/zoom_webhook_secret_token" ] ||
    fail "something lies about: $(ls -AR "$place")"

echo "-- starting the stack, with and without an image"
mkdir -p "$place/deploy"
cp -r deploy/droplet "$place/deploy/"
cat >"$scratch/bin/docker" <<'STUB'
#!/bin/sh
echo "$@" >>"$THERE/engine"
[ "$1" != image ] || [ -e "$THERE/has-image" ]
STUB
cp "$scratch/bin/docker" "$scratch/bin/podman-compose"
cp "$scratch/bin/docker" "$scratch/bin/podman"
cat >"$scratch/bin/awk" <<'STUB'
#!/bin/sh
echo "${MEMORY_KIB:-400000}"
STUB
chmod +x "$scratch/bin"/*
moved "$place/deploy/droplet/stack.sh" >"$scratch/stack.sh"
cp "$scratch/stack.sh" "$place/deploy/droplet/stack.sh"
stack() { PATH=$scratch/bin:$PATH bash "$place/deploy/droplet/stack.sh" "$@" >"$scratch/stack.log" 2>&1; }
asked() { [ "$(cat "$there/engine")" = "$1" ] || fail "the engine was asked: $(cat "$there/engine")"; rm -f "$there/engine"; }
settings "" main
if stack up; then fail "started without an image"; fi
grep -q 'docker save zoom2drive' "$scratch/stack.log" || fail "says not what to do without an image"
asked "image inspect zoom2drive"
MEMORY_KIB=2000000 stack up || fail "does not build where it can"
asked "image inspect zoom2drive
compose build app
compose up -d --no-build"
touch "$there/has-image"
stack up || fail "does not start"
asked "image inspect zoom2drive
compose up -d --no-build"

echo "-- a backup out of the container"
cat >"$scratch/bin/chown" <<'STUB'
#!/bin/sh
echo "$@" >"$THERE/owner"
STUB
# compose run ... -v FOLDER:/backups app backup /backups/NAME: what the service's own program would write.
cat >"$scratch/bin/docker" <<'STUB'
#!/bin/bash
echo "${@:1:6}" >"$THERE/engine"
for word in "$@"; do
    case $word in
    *:/backups) folder=${word%:/backups} ;;
    /backups/*) echo copy >"$folder/${word#/backups/}" ;;
    esac
done
STUB
chmod +x "$scratch/bin"/*
cp -r deploy/backup "$place/deploy/"
PATH=$scratch/bin:$PATH bash "$place/deploy/backup/backup-container.sh" "$scratch/copies" 2 >"$scratch/backup.log" 2>&1 || fail "no backup"
[ "$(cat "$scratch"/copies/zoom2drive-*.db)" = copy ] || fail "the copy is not in its place"
[ "$(cat "$there/owner")" = "10001:10001 $scratch/copies" ] || fail "the container may not write there"
asked "compose run --rm --no-deps -T -v"

sed -i s/docker/podman/ "$there/etc/zoom2drive/droplet.env"
stack exec app zoom2drive jobs status || fail "does not pass on"
asked "exec app zoom2drive jobs status"
if stack; then fail "takes nothing for a command"; fi
echo "fetched, brought and started as it should be"
