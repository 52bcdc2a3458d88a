#!/usr/bin/env bash
# Holds the units against systemd's own checks, and the service's exposure against a bound. Nothing is started.
set -euo pipefail

cd "$(dirname "$0")/../.."
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Of 100, as `systemd-analyze security` counts: 0 is shut in entirely, 100 is not at all.
EXPOSURE_MAX=15

# A system of its own, in which what the units call is there.
root=$scratch/root
mkdir -p "$root/etc/systemd/system" "$root/lib" "$root/usr/lib/systemd" "$root/usr/local/bin" "$root/usr/local/lib/zoom2drive" \
    "$root/bin" "$root/usr/bin" "$root/opt/zoom2drive/deploy" "$root/usr/local/share/doc/zoom2drive"
cp -r /lib/systemd/system "$root/usr/lib/systemd/system"
ln -s ../usr/lib/systemd "$root/lib/systemd"
# Other packages' units are none of ours.
rm -f "$root"/etc/systemd/system/*
cp deploy/systemd/*.service deploy/systemd/*.timer deploy/droplet/*.service deploy/droplet/*.path deploy/droplet/*.timer \
    "$root/etc/systemd/system"
cp deploy/backup/*.sh "$root/usr/local/lib/zoom2drive"
cp -r deploy/droplet deploy/backup "$root/opt/zoom2drive/deploy"
for program in /usr/local/bin/zoom2drive /bin/kill /usr/bin/systemctl; do
    install -m 0755 /dev/null "$root$program"
done

failed=0
for unit in deploy/systemd/*.service deploy/systemd/*.timer deploy/droplet/*.service deploy/droplet/*.path deploy/droplet/*.timer; do
    unit=$(basename "$unit")
    # What it says of units that are not ours does not count.
    said=$(systemd-analyze verify --man=no --root="$root" "$root/etc/systemd/system/$unit" 2>&1 | grep -i zoom2drive || true)
    if [ -n "$said" ]; then
        echo "$unit: $said" >&2
        failed=1
    fi
done
[ "$failed" = 0 ]

# The check must be able to fail.
sed 's/^ProtectSystem=strict/ProtectSystem=very/; s|^ExecStart=.*|ExecStart=/nowhere/zoom2drive serve|' deploy/systemd/zoom2drive.service \
    >"$root/etc/systemd/system/zoom2drive-wrong.service"
systemd-analyze verify --man=no --root="$root" "$root/etc/systemd/system/zoom2drive-wrong.service" >"$scratch/wrong" 2>&1 || true
grep -q 'protect system value' "$scratch/wrong"
grep -q '/nowhere/zoom2drive' "$scratch/wrong"
rm "$root/etc/systemd/system/zoom2drive-wrong.service"

systemd-analyze security --offline=true --no-pager --threshold="$EXPOSURE_MAX" deploy/systemd/zoom2drive.service >"$scratch/security" || {
    cat "$scratch/security"
    exit 1
}
tail -n 1 "$scratch/security"

# A stop must be allowed to take as long as the program takes: STOP_WITHIN and ten seconds.
within=$(sed -n '/^STOP_WITHIN=/s/^STOP_WITHIN=\([0-9]*\)s$/\1/p; s/^#STOP_WITHIN=\([0-9]*\)s$/\1/p' .env.example)
grace=$(sed -n 's/^const STOP_GRACE: Duration = Duration::from_secs(\([0-9]*\));/\1/p' src/cli/serve.rs)
limit=$(sed -n 's/^TimeoutStopSec=\([0-9]*\)s$/\1/p' deploy/systemd/zoom2drive.service)
[ "$limit" -gt $((within + grace)) ] || { echo "TimeoutStopSec=$limit is below $within + $grace" >&2; exit 1; }
echo "units hold together; a stop may take ${limit}s, and takes $((within + grace))s at most"
