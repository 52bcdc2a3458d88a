#!/usr/bin/env bash
# rclone against the sandbox's Google: an independent client, in another language, with its own view of
# the protocol (it sends chunks as POST and never looks at Range).
#
# Usage: rclone.sh SANDBOX_BINARY
set -euo pipefail

sandbox=$1
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)

# Both servers stop when their standard input is closed; the trap closes it whatever happens.
coproc SANDBOX { exec "$sandbox" --lenient; }
exec {to_sandbox}>&"${SANDBOX[1]}" {from_sandbox}<&"${SANDBOX[0]}"
# shellcheck disable=SC2153 # the coproc sets it
sandbox_pid=$SANDBOX_PID
# Bash knows one coproc at a time by name; the copies above keep this one reachable.
eval "exec ${SANDBOX[1]}>&- ${SANDBOX[0]}<&-"
mkfifo "$work/to_proxy"
proxy_pid=
# shellcheck disable=SC2317 # the trap calls it
tidy() {
    exec {to_sandbox}>&- 2>/dev/null || true
    if [ -n "$proxy_pid" ]; then
        kill "$proxy_pid" 2>/dev/null || true
        wait "$proxy_pid" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap tidy EXIT

read -r card <&"$from_sandbox"
field() { python3 -c 'import json, sys; print(json.loads(sys.argv[1])[sys.argv[2]])' "$card" "$1"; }
python3 -c 'import json, sys; json.dump(json.loads(sys.argv[1])["service_account_key"], sys.stdout)' \
    "$card" >"$work/key.json"
url=$(field url)
root=$(field root_folder)

openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=sandbox" \
    -addext "subjectAltName=DNS:www.googleapis.com" \
    -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
# Held open by this shell, so that the proxy's standard input ends when the shell does.
exec 9<>"$work/to_proxy"
python3 "$here/tls_proxy.py" "$work/tls.crt" "$work/tls.key" "${url##*:}" \
    <"$work/to_proxy" >"$work/proxy_port" &
proxy_pid=$!
for _ in $(seq 100); do
    [ -s "$work/proxy_port" ] && break
    sleep 0.1
done

drive=":drive,scope=drive,service_account_file=$work/key.json,root_folder_id=$root,chunk_size=256Ki,upload_cutoff=0:"
run() {
    HTTPS_PROXY="http://127.0.0.1:$(cat "$work/proxy_port")" RCLONE_CONFIG="$work/none.conf" \
        rclone --ca-cert "$work/tls.crt" --retries 1 --low-level-retries 3 --quiet "$@"
}

mkdir -p "$work/show/act one"
head -c 3000000 /dev/urandom >"$work/show/act one/show.mp4"
printf 'it'"'"'s a chat\n' >"$work/show/it's chat.txt"
# No empty file here: with `upload_cutoff=0:` rclone sends nothing at all and calls that an incomplete upload.
run copy "$work/show" "${drive}2026"
run check "$work/show" "${drive}2026"
echo "  rclone copied two files and found the same checksums on Drive"
[ "$(run cat "${drive}2026/it's chat.txt")" = "it's a chat" ]
run copy "$work/show" "${drive}2026"
run deletefile "${drive}2026/it's chat.txt"
[ "$(run lsf -R --files-only "${drive}2026" | sort | tr '\n' ' ')" = "act one/show.mp4 " ]
echo "  it read one back, copied nothing twice, trashed one and saw it gone"
# Without that option small files go in one multipart request each.
mkdir "$work/small"
head -c 300000 /dev/urandom >"$work/small/poster.jpg"
: >"$work/small/empty.txt"
run copy "$work/small" "${drive/,upload_cutoff=0/}small"
run check "$work/small" "${drive}small"
[ "$(run cat "${drive}small/poster.jpg" | cksum)" = "$(cksum <"$work/small/poster.jpg")" ]
echo "  it copied two small files in one request each"

exec {to_sandbox}>&-
read -r report <&"$from_sandbox"
status=0
wait "$sandbox_pid" || status=$?
python3 - "$report" <<'PYTHON'
import json
import sys

report = json.loads(sys.argv[1])
starts = [call for call in report["calls"] if call.startswith("UploadStart")]
assert len(starts) == 4, starts
assert len(report["files"]) == 4 and sum(file["trashed"] for file in report["files"]) == 1, report["files"]
print(f"  {len(report['calls'])} calls, {len(report['violations'])} violations")
for violation in report["violations"]:
    print("  violation:", violation)
PYTHON
exit "$status"
