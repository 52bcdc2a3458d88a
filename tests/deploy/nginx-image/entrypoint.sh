#!/bin/sh
# As the official image's: runs what is in /docker-entrypoint.d in order, then the command.
set -e

if [ "$1" = nginx ]; then
    for part in $(find /docker-entrypoint.d -follow -type f | sort -V); do
        if [ -x "$part" ] && [ "${part%.envsh}" != "$part" ]; then
            # shellcheck source=/dev/null
            . "$part"
        elif [ -x "$part" ]; then
            "$part"
        fi
    done
fi
exec "$@"
