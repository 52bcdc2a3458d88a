#!/usr/bin/env bash
# Calls compose as this droplet has it: `stack.sh up`, `stack.sh down`, or anything that compose takes, such as
# `stack.sh logs --tail 100 app`. Run as root. Settings: /etc/zoom2drive/droplet.env (ENGINE).
set -euo pipefail

cd "$(dirname "$0")/../.."
if [ -e /etc/zoom2drive/droplet.env ]; then
    # shellcheck source=/dev/null
    . /etc/zoom2drive/droplet.env
fi

# Less than this, and a build would take hours and the disk.
BUILD_KIB_MIN=1500000

compose() {
    case ${ENGINE:-docker} in
    docker) docker compose "$@" ;;
    podman) podman-compose "$@" ;;
    *) echo "ENGINE must be docker or podman" >&2; exit 2 ;;
    esac
}

has_image() {
    "${ENGINE:-docker}" image inspect zoom2drive >/dev/null 2>&1
}

up() {
    if ! has_image; then
        local memory
        memory=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
        if [ "$memory" -lt "$BUILD_KIB_MIN" ]; then
            echo "there is no image zoom2drive, and too little memory to build it here. From the project's folder on your machine:" >&2
            echo "  docker build --platform linux/amd64 -t zoom2drive . && docker save zoom2drive | gzip | ssh THIS-DROPLET 'gunzip | sudo ${ENGINE:-docker} load'" >&2
            echo "then: sudo systemctl restart zoom2drive-stack" >&2
            exit 1
        fi
        compose build app
    fi
    compose up -d --no-build
}

case ${1:-} in
up) up ;;
'') echo "usage: stack.sh up|down|ps|logs|exec ..." >&2; exit 2 ;;
*) compose "$@" ;;
esac
