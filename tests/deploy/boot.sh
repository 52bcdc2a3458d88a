#!/usr/bin/env bash
# A Debian that boots with systemd: install.sh puts the service into it, the hardened units run as they are shipped, a
# recording is archived, and the service comes back after a crash and after a boot. Then the droplet's units.
#
# The machine is a container without a network; a Zoom and a Google run inside it.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/deploy/engine.sh
source "$repository/tests/deploy/engine.sh"
# shellcheck source=tests/deploy/images.sh
source "$repository/tests/deploy/images.sh"

need openssl python3 mmdebstrap cargo
echo "boot: the units of deploy/systemd and deploy/droplet, under a systemd that runs"
cd "$repository"
cargo build --quiet --release --locked --bin zoom2drive --example sandbox
release=$(cd "$target/release" && pwd)
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
start_engine
debian_image "$folder"

## A machine.

# What install.sh takes besides.
documents=()
for document in docs README.md CHANGELOG.md CONTRIBUTING.md rules.example.toml LICENSE-MIT LICENSE-APACHE; do
    documents+=(--volume "$repository/$document:/project/$document:ro")
done
# systemd hands secrets over by a mount that must spread from its helper to it, as on any machine and in no container.
$docker run --detach --name z2d-boot --network none --cgroupns private --env container=docker --stop-signal SIGRTMIN+3 \
    --cap-add SYS_ADMIN --cap-add NET_ADMIN --cap-add SYS_PTRACE --cap-add DAC_READ_SEARCH \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined \
    --tmpfs /run --tmpfs /run/lock --tmpfs /tmp \
    --volume "$repository/deploy:/project/deploy:ro" "${documents[@]}" --volume "$release:/release:ro" \
    debian:bookworm-slim sh -c 'mount --make-rshared / && exec /lib/systemd/systemd' >/dev/null
at_end "$docker rm -f z2d-boot >/dev/null 2>&1"
inside() { $docker exec z2d-boot "$@"; }
# What is run there as a script, from standard input.
script() { $docker exec -i z2d-boot bash -euo pipefail -s -- "$@"; }
property() { inside systemctl show --property "$1" --value "${2:-zoom2drive}"; }
journal() { inside journalctl --no-pager --output cat --unit "$1"; }
booted() { [ "$(inside systemctl is-system-running 2>/dev/null)" = running ]; }
within 60 "a Debian boots: systemd $(inside systemctl --version | awk 'NR == 1 { print $2 }')" booted
# It ends when the other end of its input does: that is held by its neighbour.
script <<'END'
mkdir /root/world
mkfifo /root/world/in
sleep infinity >/root/world/in &
echo $! >/root/world/holder
/release/examples/sandbox /root/world 2 2 8 </root/world/in >/root/world/out 2>&1 &
END
within 30 "a Zoom and a Google run in it" inside grep -q ready /root/world/out

## Installed.

install_it() { inside /project/deploy/systemd/install.sh /release/zoom2drive >"$folder/install-log" 2>&1 || fail "$(cat "$folder/install-log")"; }
install_it
grep -q 'Fill in /etc/zoom2drive/secrets/zoom-webhook-secret-token /etc/zoom2drive/secrets/google.json and' "$folder/install-log" ||
    fail "install.sh does not say what to do: $(cat "$folder/install-log")"
expect "the pages are installed" "$(find "$repository/docs" -name '*.md' | wc -l)" \
    "$(inside find /usr/local/share/doc/zoom2drive/docs -name '*.md' | wc -l)"
inside test -s /usr/local/share/doc/zoom2drive/deploy/RUNBOOK.md || fail "the runbook is not installed"
expect "without secrets nothing is started" inactive "$(property ActiveState)"
script <<'END'
setting() { sed -n "s/^$1=//p" /root/world/environment; }
cd /etc/zoom2drive
setting ZOOM_WEBHOOK_SECRET_TOKEN >secrets/zoom-webhook-secret-token
setting ZOOM_CLIENT_SECRET >secrets/zoom-client-secret
cat /root/world/google-key.json >secrets/google.json
for name in ZOOM_ACCOUNT_ID ZOOM_CLIENT_ID ZOOM_API_URL ZOOM_OAUTH_URL ZOOM_DOWNLOAD_HOSTS GOOGLE_API_URL DRIVE_FOLDER_ID AFTER_ARCHIVE; do
    echo "$name=$(setting $name)"
done >>settings.env
printf 'SETTLE_FOR=1s\nSWEEP_EVERY=0s\nLOG_DIR=/var/log/zoom2drive\n' >>settings.env
sha256sum secrets/* settings.env >/root/world/digests
END
install_it
grep -q 'installed and started' "$folder/install-log" || fail "$(cat "$folder/install-log")"
inside sh -c 'cd /etc/zoom2drive && sha256sum --quiet --check /root/world/digests' || fail "install.sh changed settings or secrets"
proved "installed again it starts, and settings and secrets are as they were"
# As an earlier release had it: open to all, and with secrets in it.
script <<'END'
cd /etc/zoom2drive
echo 'SMTP_URL="smtps://ann:password-of-mail@mail.example.com:465"' >>settings.env
chmod 0644 settings.env
END
install_it
expect "an earlier release's settings are closed, and their secrets moved" "600 600 smtps://ann:password-of-mail@mail.example.com:465 0" \
    "$(inside sh -c 'cd /etc/zoom2drive && stat -c %a settings.env secrets/smtp-url | xargs && cat secrets/smtp-url && echo && grep -c password-of-mail settings.env || true' | xargs)"

## Held as the unit says, and at work.

ready() { inside curl -sf http://localhost:8080/readyz; }
within 60 "it is ready" ready
process=$(property MainPID)
expect "one user, no capability, none to be had, calls filtered" "zoom2drive 0000000000000000 0000000000000000 1 2" \
    "$(inside sh -c "stat -c %U /proc/$process; awk '/^Cap(Eff|Bnd):|^NoNewPrivs:|^Seccomp:/ { print \$2 }' /proc/$process/status" | xargs)"
inside touch "/proc/$process/root/var/lib/zoom2drive/x" || fail "it may not write to its own folder"
for place in /etc /usr /root /opt /var; do
    inside touch "/proc/$process/root$place/x" 2>/dev/null && fail "it may write to $place"
done
proved "the system is read-only to it"
script "$process" <<'END' || fail "a secret is in the environment, or open to others"
environment=$(tr '\0' '\n' <"/proc/$1/environ")
grep -q '^ADMIN_TOKEN_FILE=' <<<"$environment"
for secret in zoom-webhook-secret-token zoom-client-secret admin-token smtp-url database-url; do
    if grep -qF "$(cat "/etc/zoom2drive/secrets/$secret")" <<<"$environment"; then exit 1; fi
    [ "$(stat -c %a "/etc/zoom2drive/secrets/$secret")" = 600 ]
done
if grep -q 'PRIVATE KEY' <<<"$environment"; then exit 1; fi
anybody() { setpriv --reuid nobody --clear-groups "$@"; }
anybody true
if anybody cat /etc/zoom2drive/settings.env 2>/dev/null; then exit 1; fi
grep -Eq '^Max core file size +0 +0 ' "/proc/$1/limits"
if anybody cat /run/credentials/zoom2drive.service/admin-token 2>/dev/null; then exit 1; fi
if anybody ls /var/lib/zoom2drive 2>/dev/null; then exit 1; fi
END
proved "no secret is in its environment, or open to others"

deliver() {
    $docker cp "z2d-boot:/root/world/event-$1.json" "$folder/event" >/dev/null
    signed "$(inside cat /etc/zoom2drive/secrets/zoom-webhook-secret-token)" "$folder/event"
    # The body goes in by standard input: the file is not there.
    signed[-1]=@-
    $docker exec -i z2d-boot curl -s -o /dev/null -w '%{http_code}' "${signed[@]}" http://localhost:8080/webhooks/zoom <"$folder/event"
}
finished() {
    script <<'END' | python3 -c "import json, sys; sys.exit(len(json.load(sys.stdin)['jobs']) != $1)"
curl -sf -H "authorization: Bearer $(cat /etc/zoom2drive/secrets/admin-token)" 'http://localhost:8080/admin/jobs?standing=finished'
END
}
expect "it takes an event" 200 "$(deliver 1)"
within 60 "a recording is archived" finished 1
inside systemctl start zoom2drive-doctor || fail "the doctor finds something: $(journal zoom2drive-doctor)"
proved "the doctor's unit finds nothing broken"
inside systemctl start zoom2drive-backup || fail "no backup: $(journal zoom2drive-backup)"
expect "the backup's unit makes one, for its own eyes" "zoom2drive 600" \
    "$(inside sh -c "stat -c '%U %a' /var/backups/zoom2drive/zoom2drive-*.db")"
expect "it is made every night" "active" "$(property ActiveState zoom2drive-backup.timer)"
expect "logs are files that nobody else reads" "zoom2drive 600" "$(inside sh -c "stat -c '%U %a' /var/log/zoom2drive/zoom2drive.*.log")"

script <<'END'
kill "$(cat /root/world/holder)"
END
told() { inside tail -n 1 /root/world/out | grep -q violations; }
within 30 "the Zoom and the Google say what they saw" told
# Two files, and the one that tells of the meeting.
expect "one recording trashed, three files in Drive, none lost, no rule broken" "1 3 0 0" "$(inside tail -n 1 /root/world/out | python3 -c '
import json, sys
seen = json.load(sys.stdin)
print(seen["trashed"], seen["stored"], seen["lost"], len(seen["violations"]))')"

## Reloaded, killed, stopped, booted.

inside systemctl reload zoom2drive
expect "a reload is no restart" "$process" "$(property MainPID)"
inside kill -9 "$process"
back() { [ "$(property MainPID)" != "$process" ] && ready; }
within 60 "killed, it comes back by itself" back
$docker restart --time 30 z2d-boot >/dev/null
within 60 "the machine boots again" booted
within 60 "the service is back with it" ready
inside systemctl stop zoom2drive
expect "a stop ends it in order" success "$(property Result)"
journal zoom2drive >"$folder/journal"
grep -q ' stopped$' "$folder/journal" || fail "the log does not say that it stopped"
inside sed -i s/^AFTER_ARCHIVE=.*/AFTER_ARCHIVE=sell/ /etc/zoom2drive/settings.env
inside systemctl start zoom2drive || true
down() { [ "$(property ActiveState)" = failed ]; }
within 30 "with wrong settings it stays down, and is seen" down
expect "it says so with 2" 2 "$(property ExecMainStatus)"

## The droplet: the stack starts when its settings come, and at every boot.

script <<'END'
mkdir -p /opt/zoom2drive
cp -r /project/deploy /opt/zoom2drive
printf '#!/bin/sh\necho "$@" >>/root/engine\n' >/usr/local/bin/docker
chmod +x /usr/local/bin/docker
/opt/zoom2drive/deploy/droplet/setup.sh
[ ! -e /root/engine ]
touch /opt/zoom2drive/.env
END
started() { inside grep -qx 'compose up -d --no-build' /root/engine; }
within 30 "the stack starts when .env arrives" started
inside systemctl reload zoom2drive-stack
within 30 "a reload reaches the service" inside grep -qx 'compose kill -s HUP app' /root/engine
inside rm /root/engine
$docker restart --time 30 z2d-boot >/dev/null
within 60 "the stack starts at boot" started
echo "boot: all of it holds"
