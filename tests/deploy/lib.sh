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

# own_namespaces SCRIPT [ARGUMENT...]: runs a script with `inside` as its first argument in a network, a mount and a
# process namespace of its own: real paths and ports, nothing else touched, and all of it ends with the script.
own_namespaces() {
    local script=$1 as_root=()
    shift
    [ "$(id -u)" = 0 ] || as_root=(--map-root-user)
    unshare "${as_root[@]}" --net --mount --pid --fork --kill-child "$script" inside "$@"
}

# shipped_nginx DOMAIN: what an image and a compose file do before the shipped nginx starts: paths, rendering. Inside
# own namespaces only. 127.0.0.1 may see /admin and /dashboard.
shipped_nginx() {
    local path template
    mount --make-rprivate /
    mount -t proc proc /proc
    ip link set lo up
    for path in /etc/nginx /run /var/lib/nginx; do
        mount -t tmpfs tmpfs $path
    done
    for path in /etc/letsencrypt /var/www; do
        mkdir -p $path
        mount -t tmpfs tmpfs $path
    done
    mkdir -p /etc/nginx/conf.d "/etc/letsencrypt/live/$1" /var/www/acme
    cp "$repository/nginx/nginx.conf" "$repository/nginx/admin-allow.conf" /etc/nginx/
    echo "127.0.0.1 1;" >>/etc/nginx/admin-allow.conf
    export DOMAIN=$1 NGINX_LOCAL_RESOLVERS=127.0.0.1:53
    for template in http.conf https.off; do
        # shellcheck disable=SC2016 # names of variables, not their values
        envsubst '${DOMAIN} ${NGINX_LOCAL_RESOLVERS}' <"$repository/nginx/templates/$template.template" \
            >"/etc/nginx/conf.d/$template"
    done
}

# certificate DOMAIN COMMON-NAME: a new one where the shipped nginx looks for it.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "/CN=$2" \
        -addext "subjectAltName=DNS:$1" -keyout "/etc/letsencrypt/live/$1/privkey.pem" \
        -out "/etc/letsencrypt/live/$1/fullchain.pem" 2>/dev/null
}

# names_on_loopback: every name leads to 127.0.0.1, for the shipped nginx looks for the service by name.
names_on_loopback() {
    pebble-challtestsrv -defaultIPv6 "" -defaultIPv4 127.0.0.1 -dns01 127.0.0.1:53 -http01 "" -https01 "" \
        -tlsalpn01 "" -management 127.0.0.1:8055 >"$1" 2>&1 &
    at_end "kill $! 2>/dev/null"
}
