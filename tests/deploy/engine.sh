# shellcheck shell=bash disable=SC2154
# A Docker engine for the tests: the one that runs here (with Z2D_ENGINE=running), or one that is started by hand
# with all its state in one folder, and leaves nothing behind.
#
# An engine that cannot be started fails the tests. Z2D_ENGINE=none says that there is none, and skips them.

if [ "${Z2D_ENGINE:-}" = none ]; then
    echo "SKIPPED: $0 needs a container engine, and Z2D_ENGINE=none says that there is none" >&2
    exit 0
fi

# Debian's, should another client stand before it.
docker=/usr/bin/docker

start_engine() {
    [ "${Z2D_ENGINE:-}" != running ] || return 0
    [ "$(id -u)" = 0 ] || fail "only root can start a container engine (Z2D_ENGINE=running takes the one that runs)"
    need dockerd iptables
    engine=${Z2D_ENGINE_DIR:-$target/engine}
    mkdir -p "$engine"
    # What the engine changes on this machine, to be put back.
    forwarding=$(cat /proc/sys/net/ipv4/ip_forward)
    policy=$(iptables -S FORWARD | head -n 1)
    dockerd --data-root "$engine/data" --exec-root "$engine/exec" -H "unix://$engine/docker.sock" \
        -p "$engine/docker.pid" >"$engine/log" 2>&1 &
    engine_pid=$!
    at_end stop_engine
    export DOCKER_HOST=unix://$engine/docker.sock
    local tries=0
    until $docker info >/dev/null 2>&1; do
        if ! kill -0 "$engine_pid" 2>/dev/null || [ $((tries += 1)) -gt 60 ]; then
            tail "$engine/log" >&2
            fail "no container engine can be started here"
        fi
        sleep 1
    done
    proved "a Docker engine runs: $($docker version --format '{{.Server.Version}}')"
}

stop_engine() {
    # It may have ended by itself: what it leaves is taken away all the same.
    kill "$engine_pid" 2>/dev/null || true
    wait "$engine_pid" || true
    # It leaves this mount behind, which would keep the folder from being deleted.
    umount "$engine"/exec/netns/* 2>/dev/null || true
    clean_firewall
}

# Takes away the engine's chains and bridges, and nothing else.
clean_firewall() {
    local table rule chain
    for table in filter nat; do
        iptables -t $table -S | grep -E '^-A (FORWARD|PREROUTING|OUTPUT|POSTROUTING|INPUT) .*(DOCKER|docker0|br-|172\.(1[7-9]|2[0-9]|3[01])\.)' |
            while read -r rule; do
                # shellcheck disable=SC2086 # its words
                iptables -t $table -D ${rule#-A }
            done || true
        for chain in $(iptables -t $table -S | awk '/^-N DOCKER/ { print $2 }'); do
            iptables -t $table -F "$chain"
        done
        for chain in $(iptables -t $table -S | awk '/^-N DOCKER/ { print $2 }'); do
            iptables -t $table -X "$chain"
        done
    done
    # shellcheck disable=SC2086 # its words
    iptables ${policy}
    ip link delete docker0 2>/dev/null || true
    echo "$forwarding" >/proc/sys/net/ipv4/ip_forward
}
