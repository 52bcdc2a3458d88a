#!/usr/bin/env bash
# Fetches the project, or another ref of it, and sets up what starts it. Run as root: by cloud-init once, and by
# hand to upgrade or roll back: `sudo zoom2drive-fetch v1.2.0`. Reads /etc/zoom2drive/droplet.env.
set -euo pipefail

project=/opt/zoom2drive
settings=/etc/zoom2drive/droplet.env

# shellcheck source=/dev/null
. "$settings"
ref=${1:-$GIT_REF}

if [ -z "$GIT_REPOSITORY" ]; then
    mkdir -p "$project"
    chown "$OPERATOR" "$project"
    if [ ! -x "$project/deploy/droplet/setup.sh" ]; then
        echo "no repository was named: copy the project to $project, then run $project/deploy/droplet/setup.sh"
        exit 0
    fi
elif [ -d "$project/.git" ]; then
    git -C "$project" fetch --quiet --tags origin
    # A branch is taken as it is there now, not as it once was here.
    git -C "$project" checkout --quiet --detach "origin/$ref" 2>/dev/null || git -C "$project" checkout --quiet --detach "$ref"
else
    # Not --depth: a commit can be named as well as a branch or a tag.
    for attempt in 1 2 3 4 5; do
        git clone --quiet "$GIT_REPOSITORY" "$project" && break
        [ "$attempt" -lt 5 ] || { echo "cannot fetch $GIT_REPOSITORY" >&2; exit 1; }
        sleep $((attempt * 10))
    done
    git -C "$project" checkout --quiet --detach "origin/$ref" 2>/dev/null || git -C "$project" checkout --quiet --detach "$ref"
fi

if [ "$ref" != "$GIT_REF" ]; then
    sed -i "s|^GIT_REF=.*|GIT_REF=$ref|" "$settings"
fi
exec "$project/deploy/droplet/setup.sh"
