#!/bin/sh
# Serves https as soon as there is a certificate, and each new one as soon as it is there. Runs before nginx
# starts (the image's entrypoint runs what is in /docker-entrypoint.d), and leaves a watch behind.
set -eu

: "${DOMAIN:?is missing: the name under which Zoom calls, in .env}"

conf=/etc/nginx/conf.d
live=/etc/letsencrypt/live/$DOMAIN

# Of certificate and key; empty while either is missing.
fingerprint() {
    if [ -r "$live/fullchain.pem" ] && [ -r "$live/privkey.pem" ]; then
        cat "$live/fullchain.pem" "$live/privkey.pem" | cksum
    fi
}

# What is being replaced at this moment may not fit together: then it is looked at again.
take() {
    cp "$conf/https.off" "$conf/https.conf"
    nginx -t -q
}

watch() {
    served=$1
    while sleep "${CERTIFICATE_EVERY:-10}"; do
        found=$(fingerprint)
        if [ -n "$found" ] && [ "$found" != "$served" ] && take; then
            nginx -s reload && served=$found && echo "certificate.sh: serving a new certificate for $DOMAIN"
        fi
    done
}

found=$(fingerprint)
if [ -z "$found" ]; then
    rm -f "$conf/https.conf"
    echo "certificate.sh: no certificate for $DOMAIN yet: port 80 only"
elif take; then
    echo "certificate.sh: serving the certificate for $DOMAIN"
else
    rm -f "$conf/https.conf"
    found=
fi
watch "$found" &
