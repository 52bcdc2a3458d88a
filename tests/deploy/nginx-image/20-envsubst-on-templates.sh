#!/bin/sh
# As the official image's: renders /etc/nginx/templates/*.template, with variables that exist and match the filter.
set -e

filter=${NGINX_ENVSUBST_FILTER:-}
defined=$(awk -v filter="$filter" 'BEGIN { for (name in ENVIRON) if (name ~ filter) printf "${%s} ", name }')
for template in /etc/nginx/templates/*.template; do
    output=$(basename "$template" .template)
    envsubst "$defined" <"$template" >"/etc/nginx/conf.d/$output"
done
