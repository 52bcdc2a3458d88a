#!/bin/sh
# Gets a certificate for DOMAIN when there is none, and a new one when it is due. nginx serves the challenges, and
# notices by itself what arrives.
set -u

: "${DOMAIN:?is missing: the name under which Zoom calls, in .env}"

# As often as Let's Encrypt asks for, and after a failure without using up its five failures per hour.
look_every=12h
try_again=1h

trap 'exit 0' TERM INT

keep() {
    if [ -n "${ACME_EMAIL:-}" ]; then
        set -- --email "$ACME_EMAIL"
    else
        set -- --register-unsafely-without-email
    fi
    # Issues, renews or leaves alone, as the certificate in the volume demands.
    certbot certonly --non-interactive --agree-tos "$@" --keep-until-expiring --cert-name "$DOMAIN" -d "$DOMAIN" \
        --webroot --webroot-path /var/www/acme \
        --server "${ACME_SERVER:-https://acme-v02.api.letsencrypt.org/directory}"
}

while :; do
    if keep; then
        wait_for=$look_every
    else
        wait_for=$try_again
        echo "keep-certificate.sh: no certificate; trying again in $try_again. Does $DOMAIN lead here, port 80 too?"
    fi
    # In the background, so that a signal does not wait for it.
    sleep "$wait_for" &
    wait $!
done
