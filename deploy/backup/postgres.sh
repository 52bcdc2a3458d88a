#!/usr/bin/env bash
# Runs one of PostgreSQL's tools on the service's database without showing the password, which everybody on a machine
# could read among the arguments of a process: `postgres.sh pg_dump --format=custom >zoom2drive.dump`. The address comes
# from DATABASE_URL or from the file that DATABASE_URL_FILE names. Exit codes: the tool's, 2 wrong usage.
set -euo pipefail

if [ $# -lt 1 ]; then
    echo "usage: postgres.sh pg_dump|pg_restore|psql ARGUMENT..." >&2
    exit 2
fi
url=${DATABASE_URL:-}
if [ -z "$url" ] && [ -n "${DATABASE_URL_FILE:-}" ]; then
    url=$(<"$DATABASE_URL_FILE")
fi
case $url in
postgres://* | postgresql://*) ;;
*) echo "DATABASE_URL is no address of PostgreSQL" >&2; exit 2 ;;
esac

# decoded TEXT: without the %41 of addresses. Backslashes stay what they are.
decoded() {
    local text=${1//\\/\\\\}
    printf '%b' "${text//%/\\x}"
}

# scheme://user:password@hosts/database?name=value&...
rest=${url#*://}
place=${rest%%[/?]*}
rest=${rest#"$place"}
user=
if [[ $place == *@* ]]; then
    user=${place%@*}
    place=${place##*@}
    if [[ $user == *:* ]]; then
        PGPASSWORD=$(decoded "${user#*:}")
        user=${user%%:*}
    fi
    user+=@
fi
path=${rest%%\?*} query=
if [[ $rest == *\?* ]]; then
    IFS='&' read -ra parts <<<"${rest#*\?}"
    for part in "${parts[@]}"; do
        case $part in
        password=*) PGPASSWORD=$(decoded "${part#*=}") ;;
        # The service's own, which libpq does not know.
        statement-cache-capacity=*) ;;
        *) query+=${query:+&}$part ;;
        esac
    done
fi
# The environment of a process is for its own user's eyes only.
unset DATABASE_URL
[ -z "${PGPASSWORD+given}" ] || export PGPASSWORD
exec "$@" --dbname="postgresql://$user$place$path${query:+?$query}"
