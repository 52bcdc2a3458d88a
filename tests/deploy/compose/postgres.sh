#!/bin/sh
# As the official image's entrypoint, as far as docker-compose.yml needs it: makes the database on an empty volume.
set -eu

data=/var/lib/postgresql/data/here
bin=$(echo /usr/lib/postgresql/*/bin)
if [ ! -e "$data/PG_VERSION" ]; then
    "$bin/initdb" --pgdata="$data" --username="$POSTGRES_USER" --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 \
        --auth-local=trust --auth-host=scram-sha-256 >/dev/null
    echo 'host all all all scram-sha-256' >>"$data/pg_hba.conf"
    "$bin/pg_ctl" --pgdata="$data" -w -o "-c listen_addresses=" start >/dev/null
    "$bin/createdb" --username="$POSTGRES_USER" "$POSTGRES_DB" || true
    "$bin/pg_ctl" --pgdata="$data" -w stop >/dev/null
fi
exec "$bin/postgres" -D "$data" -c 'listen_addresses=*'
