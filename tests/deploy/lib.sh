# shellcheck shell=bash
# What the scripts beside this one share. Each says what it proves, ends at the first thing that does not hold,
# and takes away what it started.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
target=${CARGO_TARGET_DIR:-$repository/target}
begun=$SECONDS

# Run at the end, last first.
endings=()

finish() {
    local status=$? index
    trap - EXIT
    for ((index = ${#endings[@]} - 1; index >= 0; index--)); do
        eval "${endings[index]}" || true
    done
    [ "$status" = 0 ] || echo "FAILED: $0" >&2
    exit "$status"
}
trap finish EXIT
trap 'exit 1' INT TERM

at_end() {
    endings+=("$1")
}

# Something that was shown.
proved() {
    printf '  %3ss  %s\n' $((SECONDS - begun)) "$*"
}

fail() {
    echo "  NOT TRUE: $*" >&2
    exit 1
}

# expect WHAT EXPECTED FOUND
expect() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
    proved "$1"
}

# within SECONDS WHAT COMMAND...: waits until the command succeeds.
within() {
    local until=$((SECONDS + $1)) what=$2
    shift 2
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$until" ] || fail "$what"
        sleep 0.2
    done
    proved "$what"
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || fail "$program is needed, and is not here"
    done
}

# signed SECRET BODY-FILE: curl's arguments for an event as Zoom signs it, in `signed`.
signed() {
    local at signature
    at=$(date +%s)
    signature=$({ printf 'v0:%s:' "$at"; cat "$2"; } | openssl dgst -sha256 -hmac "$1" -r | cut -d ' ' -f 1)
    # shellcheck disable=SC2034 # for whoever calls
    signed=(-H "content-type: application/json; charset=utf-8" -H "x-zm-request-timestamp: $at"
        -H "x-zm-signature: v0=$signature" --data-binary "@$2")
}

# sandbox FOLDER MEETINGS FILES MIB: starts a Zoom and a Google; `sandbox_ends FOLDER` says what they saw.
sandbox() {
    local program=$target/release/examples/sandbox
    mkfifo "$1/sandbox-in"
    # Serves as long as somebody holds the other end. Not this shell: all that it starts would hold it, too.
    sleep infinity >"$1/sandbox-in" &
    sandbox_holder=$!
    "$program" "$@" <"$1/sandbox-in" >"$1/sandbox-out" 2>&1 &
    sandbox_pid=$!
    at_end "kill $sandbox_holder $sandbox_pid 2>/dev/null"
    within 30 "a Zoom and a Google run on loopback" grep -q ready "$1/sandbox-out"
}

sandbox_ends() {
    kill "$sandbox_holder"
    wait "$sandbox_pid" || fail "the sandbox saw broken rules or lost files: $(tail -n 1 "$1/sandbox-out")"
    tail -n 1 "$1/sandbox-out"
}
