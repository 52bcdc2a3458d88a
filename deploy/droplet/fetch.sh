#!/usr/bin/env bash
# Fetches the project, or another ref of it, and sets up what starts it. Run as root: by cloud-init once, and by
# hand to upgrade or roll back: `sudo zoom2drive-fetch v1.2.0`. Reads /etc/zoom2drive/droplet.env.
set -euo pipefail
umask 022

project=/opt/zoom2drive
settings=/etc/zoom2drive/droplet.env

# All of this is run as root: nobody else may be able to write to it or to put another in its place.
mine() { # PATH OWNER...
    local place=$1 owner owners=()
    shift
    for owner in "$@"; do owners+=(-o -user "$owner"); done
    if [ -z "$(find "$place" -prune ! -type l \( -false "${owners[@]}" \) ! -perm /022)" ]; then
        echo "$place must be no link, belong to ${*: -1}, and be written to by nobody else" >&2
        exit 1
    fi
}
mine "$settings" 0 "$(id -un)"
# shellcheck source=/dev/null
. "$settings"
if [ -e "$project" ] || [ -L "$project" ]; then
    mine "$project" 0 "$(id -un)" "$OPERATOR"
fi
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
