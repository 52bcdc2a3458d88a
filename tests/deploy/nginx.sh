#!/usr/bin/env bash
# The shipped nginx configuration, unchanged, in front of the real service: TLS, what is shown and what is not,
# limits, logs. In a network and a mount namespace of its own: real paths, ports 80 and 443, nothing else touched.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"

if [ "${1:-}" != inside ]; then
    need nginx openssl curl envsubst pebble-challtestsrv python3 unshare
    cd "$repository"
    cargo build --quiet --release --locked --bin zoom2drive --example sandbox
    echo "nginx: the shipped configuration on $(nginx -v 2>&1 | cut -d / -f 2)"
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(--map-root-user)
    unshare "${as_root[@]}" --net --mount --pid --fork --kill-child "$0" inside
    exit
fi

mount --make-rprivate /
mount -t proc proc /proc
ip link set lo up
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
domain=hooks.example.test
other=127.0.0.2

## What an image and a compose file do: paths, certificate, rendering.

for path in /etc/nginx /run /var/lib/nginx; do
    mount -t tmpfs tmpfs $path
done
mkdir -p /etc/nginx/conf.d "$folder/acme/.well-known/acme-challenge" "$folder/letsencrypt"
for path in /etc/letsencrypt /var/www; do
    mkdir -p $path
    mount -t tmpfs tmpfs $path
done
mkdir -p "/etc/letsencrypt/live/$domain" /var/www/acme
cp "$repository/nginx/nginx.conf" "$repository/nginx/admin-allow.conf" /etc/nginx/
echo "127.0.0.1 1;" >>/etc/nginx/admin-allow.conf
export DOMAIN=$domain NGINX_LOCAL_RESOLVERS=127.0.0.1:53
for template in http.conf https.off; do
    # shellcheck disable=SC2016 # names of variables, not their values
    envsubst '${DOMAIN} ${NGINX_LOCAL_RESOLVERS}' <"$repository/nginx/templates/$template.template" \
        >"/etc/nginx/conf.d/$template"
done

certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj "/CN=$1" \
        -addext "subjectAltName=DNS:$domain" -keyout "/etc/letsencrypt/live/$domain/privkey.pem" \
        -out "/etc/letsencrypt/live/$domain/fullchain.pem" 2>/dev/null
}

## The service with a Zoom and a Google behind it, under a name that can move.

pebble-challtestsrv -defaultIPv6 "" -defaultIPv4 127.0.0.1 -dns01 127.0.0.1:53 -http01 "" -https01 "" \
    -tlsalpn01 "" -management 127.0.0.1:8055 >"$folder/dns-log" 2>&1 &
at_end "kill $! 2>/dev/null"
mkdir "$folder/world"
sandbox "$folder/world" 2 1 3
set -a
# shellcheck source=/dev/null
source "$folder/world/environment"
set +a
ADMIN_TOKEN=$(openssl rand -hex 16)
DASHBOARD_PROXY_SECRET=$(openssl rand -hex 16)
export ADMIN_TOKEN SETTLE_FOR=1s SWEEP_EVERY=0s DASHBOARD_USER_HEADER=X-Forwarded-Email DASHBOARD_PROXY_SECRET
serve() {
    LISTEN_ADDR=$1:8080 "$target/release/zoom2drive" serve >>"$folder/service-log" 2>&1 &
    service_pid=$!
    within 30 "the service listens on $1" curl -sf "http://$1:8080/healthz"
}
stop_service() { kill "$service_pid" 2>/dev/null; }
serve 127.0.0.1
at_end stop_service

## Before there is a certificate.

export CERTIFICATE_EVERY=0.5
"$repository/nginx/certificate.sh" >"$folder/certificate-log" 2>&1
nginx -t >"$folder/check" 2>&1 || fail "nginx -t: $(cat "$folder/check")"
expect "nginx -t has nothing to remark" "" "$(grep -v -e 'syntax is ok' -e 'test is successful' "$folder/check" || true)"
nginx -g "daemon off;" >"$folder/access-log" 2>"$folder/error-log" &
nginx_pid=$!
stop_nginx() { kill "$nginx_pid" 2>/dev/null; }
at_end stop_nginx

status() {
    curl -sk -o /dev/null -w '%{http_code}' --max-time 10 "$@" || true
}
here=(--resolve "$domain:80:127.0.0.1" --resolve "$domain:443:127.0.0.1")
https=https://$domain
within 10 "nginx answers its health check" curl -sf http://127.0.0.1:8081/
echo challenge-answer >/var/www/acme/challenge
mkdir -p /var/www/acme/.well-known/acme-challenge
mv /var/www/acme/challenge /var/www/acme/.well-known/acme-challenge/token
expect "a challenge is served before there is a certificate" challenge-answer \
    "$(curl -s "${here[@]}" "http://$domain/.well-known/acme-challenge/token")"
expect "and 443 shakes no hand" 000 "$(status "${here[@]}" "$https/healthz")"

certificate first
served() {
    openssl s_client -connect 127.0.0.1:443 -servername "$domain" </dev/null 2>/dev/null |
        openssl x509 -noout -subject | grep -q "CN = $1"
}
within 10 "a certificate that comes is served by itself" served first
certificate second
within 10 "and so is the next one" served second

## Doors.

expect "/healthz is shown" 200 "$(status "${here[@]}" "$https/healthz")"
expect "over HTTP/2" 2 "$(curl -sk -o /dev/null -w '%{http_version}' --http2 "${here[@]}" "$https/healthz")"
for version in 1.2 1.3; do
    expect "TLS $version is spoken" 200 "$(status "${here[@]}" --tlsv$version --tls-max $version "$https/healthz")"
done
# Clients of today refuse it as well, unless asked not to.
old=$(openssl s_client -connect 127.0.0.1:443 -servername "$domain" -tls1_1 -cipher 'DEFAULT:@SECLEVEL=0' \
    </dev/null 2>&1 || true)
[[ $old == *"protocol version"* ]] || fail "TLS 1.1 was not refused: $old"
proved "TLS 1.1 is refused"
expect "port 80 sends to https" "301 $https/healthz?a=b" \
    "$(curl -s -o /dev/null -w '%{http_code} %{redirect_url}' "${here[@]}" "http://$domain/healthz?a=b")"
for path in /metrics /readyz /administrator /webhooks /webhooks/zoom/ /healthz/ /dashboards; do
    expect "$path is hidden" 404 "$(status "${here[@]}" "$https$path")"
done
for path in /healthz /../metrics //metrics /admin/../metrics /healthz/../readyz /%6detrics; do
    body=$(curl -sk --path-as-is "${here[@]}" "$https$path")
    [[ $body != *zoom2drive_* && $body != *checks* ]] || fail "$path shows what is hidden"
done
proved "no spelling of a path shows what is hidden"

spellings=('//healthz' '/./healthz' '/../healthz' '/.../healthz' '/healthz/.' '/healthz/../healthz' '/admin/../healthz'
    '/admin/./../healthz' '/admin//../healthz' '/admin/jobs/../../healthz' '/admin/jobs/..%2f..%2fhealthz'
    '/admin/jobs/..%2F..%2Fwebhooks/zoom' '/admin/%2e%2e/healthz' '/admin/%2E./healthz' '/admin/.%2e/healthz'
    '/admin/%252e%252e/healthz' '/admin/..%5chealthz' '/admin/..\healthz' '/%68ealthz' '/healthz%00' '/healthz%20'
    '/healthz%3f' '/%2fhealthz' '/healthz;x' '/admin/..;/healthz' '/admin%2fjobs' '/%61dmin/jobs' '/healthz%2f..'
    "http://$domain/admin/../healthz" "https://$domain//healthz")
for spelling in "${spellings[@]}"; do
    for from in "$other" 127.0.0.1; do
        # Slowly enough for the limit.
        got=$(status "${here[@]}" --interface "$from" -A spelling -H "authorization: Bearer $ADMIN_TOKEN" \
            --request-target "$spelling" "$https/")
        [ "$got" = 400 ] || [ "$got" = 404 ] || fail "$spelling from $from: $got"
        sleep 0.05
    done
done
passed() { grep '"agent":"spelling"' "$folder/access-log" | grep -vc '"upstream_status":""' || true; }
expect "none of ${#spellings[@]} odd spellings of a path reaches the service" 0 "$(passed)"
# A few have no agent in the log: nginx gives up at their first line.
seen=$(grep -c '"agent":"spelling"' "$folder/access-log")
[ "$seen" -ge "${#spellings[@]}" ] || fail "only $seen were seen: this proves nothing"
expect "another name gets no answer on 80" 000 "$(status --resolve other.test:80:127.0.0.1 http://other.test/)"
expect "and no handshake on 443" 000 "$(status --resolve other.test:443:127.0.0.1 https://other.test/healthz)"
expect "nor does the bare address" 000 "$(status https://127.0.0.1/healthz)"
expect "another name within our handshake is misdirected" 421 \
    "$(status "${here[@]}" -H "host: other.test" "$https/healthz")"

bearer=(-H "authorization: Bearer $ADMIN_TOKEN")
expect "/admin is shown to a listed address" 200 "$(status "${here[@]}" "${bearer[@]}" "$https/admin/jobs")"
expect "but not without the token" 401 "$(status "${here[@]}" "$https/admin/jobs")"
expect "and does not exist for others" 404 \
    "$(status "${here[@]}" "${bearer[@]}" --interface $other "$https/admin/jobs")"
for path in / /dashboard /dashboard/ /dashboard/login /dashboard/assets/style.css; do
    expect "nor does $path" 404 "$(status "${here[@]}" --interface $other "$https$path")"
done
expect "the bare address leads a listed one to the dashboard" "303 $https/dashboard" \
    "$(curl -sk -o /dev/null -w '%{http_code} %{redirect_url}' "${here[@]}" "$https/")"

headers=$(curl -sk -D - -o /dev/null "${here[@]}" "${bearer[@]}" "$https/admin/jobs" | tr -d '\r' | tr '[:upper:]' '[:lower:]')
for header in strict-transport-security x-content-type-options x-frame-options referrer-policy \
    content-security-policy x-request-id cache-control; do
    expect "$header comes once" 1 "$(grep -c "^$header:" <<<"$headers")"
done
expect "the server's version is not told" "server: nginx" "$(grep '^server:' <<<"$headers")"
expect "errors of nginx's own carry them too" 1 \
    "$(curl -sk -D - -o /dev/null "${here[@]}" "$https/metrics" | grep -ci '^strict-transport-security: max-age=31536000')"

## Pages.

# page CURL-ARGUMENTS...: the headers of an answer, in lower case.
page() { curl -sk -D - -o /dev/null "${here[@]}" "$@" | tr -d '\r' | tr '[:upper:]' '[:lower:]'; }
headers=$(page "$https/dashboard/login")
for header in strict-transport-security x-content-type-options x-frame-options referrer-policy \
    content-security-policy x-request-id cache-control; do
    expect "$header of a page comes once" 1 "$(grep -c "^$header:" <<<"$headers")"
done
expect "a page's own referrer policy comes through: with ours browsers would send Origin: null" \
    "referrer-policy: same-origin" "$(grep '^referrer-policy' <<<"$headers")"
[[ $(grep '^content-security-policy' <<<"$headers") == *"form-action 'self'"* ]] || fail "a page has another policy: $headers"
proved "and so does its content policy"
# log_in CURL-ARGUMENTS...: sends the form of the login.
log_in() { page -d name=Ann --data-urlencode "token=$ADMIN_TOKEN" "$@" "$https/dashboard/login"; }
own=(-H "origin: $https" -H "sec-fetch-site: same-origin")
headers=$(log_in "${own[@]}")
[[ $headers == *" 303"* ]] || fail "the page's own form is refused: $headers"
cookie=$(sed -n 's/^set-cookie: \([^;]*\).*/\1/p' <<<"$headers")
[[ $headers == *"set-cookie: __host-z2d="*secure* ]] || fail "the cookie is not for https alone: $headers"
proved "a page's own form passes, and gives a cookie for https alone"
[[ $(log_in -H "origin: $https") == *" 303"* ]] || fail "a browser that sends only its origin is refused"
proved "and so does that of a browser that tells its origin only"
for elsewhere in "origin: null" "origin: https://evil.test" "sec-fetch-site: cross-site" "sec-fetch-site: same-site"; do
    [[ $(log_in -H "$elsewhere") == *" 403"* ]] || fail "a form with $elsewhere is let in"
done
proved "forms of other sites are refused"
session=(-H "cookie: __Host-z2d=${cookie#*=}")
expect "the cookie opens a page" 200 "$(status "${here[@]}" "${session[@]}" "$https/dashboard")"
expect "and no route of the API" 401 "$(status "${here[@]}" "${session[@]}" "$https/admin/jobs")"
expect "a form above 64 KiB is refused" 413 \
    "$(head -c 70000 /dev/zero | tr '\0' x | status "${here[@]}" "${own[@]}" --data-binary @- "$https/dashboard/login")"
named=(-H "x-zoom2drive-proxy: $DASHBOARD_PROXY_SECRET" -H "x-forwarded-email: ann@example.org")
expect "a proxy that logs people in names them to the service" 200 \
    "$(status "${named[@]}" "http://127.0.0.1:8080/dashboard")"
expect "but nobody does so from outside, not even with its secret" 303 \
    "$(status "${here[@]}" "${named[@]}" "$https/dashboard")"
expect "and not by other spellings of the headers" 303 "$(status "${here[@]}" \
    -H "X_Zoom2drive_Proxy: $DASHBOARD_PROXY_SECRET" -H "X_Forwarded_Email: ann@example.org" "$https/dashboard")"

## Webhooks.

hook=$https/webhooks/zoom
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/world/validation.json"
answer=$(curl -sk "${here[@]}" "${signed[@]}" "$hook")
expected=$(printf plain-token-of-zoom | openssl dgst -sha256 -hmac "$ZOOM_WEBHOOK_SECRET_TOKEN" -r | cut -d ' ' -f 1)
[[ $answer == *"\"$expected\""* ]] || fail "url_validation: $answer"
proved "Zoom's url_validation is answered"
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/world/event-1.json"
expect "a signed event is taken" 200 "$(status "${here[@]}" "${signed[@]}" "$hook")"
signed forged "$folder/world/event-1.json"
expect "a forged one is not" 401 "$(status "${here[@]}" "${signed[@]}" "$hook")"

head -c $((256 * 1024 + 1)) /dev/zero >"$folder/large"
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/large"
expect "a body above 256 KiB is the service's to refuse" 413 "$(status "${here[@]}" "${signed[@]}" "$hook")"
grep -q "the body has more than 262144 bytes" "$folder/service-log" || fail "the service never saw it"
head -c $((600 * 1024)) /dev/zero >"$folder/huge"
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/huge"
expect "one above 512 KiB is refused before it" 413 "$(status "${here[@]}" "${signed[@]}" "$hook")"
[[ $(curl -sk "${here[@]}" "${signed[@]}" "$hook") == *nginx* ]] || fail "it was not nginx that refused it"
proved "and the service never sees it"

finished() {
    curl -sk "${here[@]}" "${bearer[@]}" "$https/admin/jobs?standing=finished" |
        python3 -c "import json, sys; sys.exit(len(json.load(sys.stdin)['jobs']) != $1)"
}
within 60 "the recording of that event is archived and trashed" finished 1

## Limits. One address floods; Zoom calls from another.

# many HOW-OFTEN ADDRESS CURL-ARGUMENTS...: at once, from this address; counts the answers by status.
many() {
    local count=$1 from=$2
    shift 2
    for _ in $(seq "$count"); do
        printf 'url = "%s"\noutput = /dev/null\n' "${!#}"
    done >"$folder/urls"
    curl -sk --parallel --parallel-max 50 "${here[@]}" --interface "$from" "${@:1:$#-1}" -w '%{http_code}\n' \
        -K "$folder/urls" 2>/dev/null | sort | uniq -c | xargs
}
got=$(many 1500 127.0.0.3 -d '{}' "$hook")
[[ $got == *" 503"* ]] || fail "a flood of webhooks is let through: $got"
proved "a flood of webhooks is answered 503, after which Zoom would come again: $got"
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/world/event-2.json"
expect "Zoom gets through from another address meanwhile" 200 \
    "$(status "${here[@]}" --interface 127.0.0.4 "${signed[@]}" "$hook")"
got=$(many 300 127.0.0.3 "$https/healthz")
[[ $got == *" 429"* ]] || fail "a flood of anything else is let through: $got"
proved "a flood of anything else is answered 429: $got"
expect "a meeting's end with 150 events at once is no flood" "150 200" \
    "$(many 150 127.0.0.5 "${signed[@]}" "$hook")"
within 60 "the second recording is archived and trashed" finished 2

## Slow senders, from several addresses, since each may have a hundred connections.

resident() { awk -v field="$2:" '$1 == field { print $2 * 1024 }' "/proc/$1/status"; }
worker_pid=$(pgrep -P "$nginx_pid" | head -n 1)
service_before=$(resident "$service_pid" VmRSS)
worker_before=$(resident "$worker_pid" VmRSS)
python3 "$repository/tests/deploy/slow_senders.py" "$domain" 500 >"$folder/senders" 2>&1 &
senders_pid=$!
at_end "kill $senders_pid 2>/dev/null"
within 60 "500 slow senders hold their connections" grep -q 'all 500 are at it' "$folder/senders"
signed "$ZOOM_WEBHOOK_SECRET_TOKEN" "$folder/world/event-2.json"
got=$(curl -sk -o /dev/null -w '%{http_code} %{time_total}' --max-time 10 "${here[@]}" --interface 127.0.0.4 \
    "${signed[@]}" "$hook")
expect "Zoom gets through meanwhile (in ${got#* }s)" 200 "${got% *}"
for process in "service $service_pid $service_before" "nginx $worker_pid $worker_before"; do
    read -r name pid before <<<"$process"
    grown=$((($(resident "$pid" VmHWM) - before) / 1024 / 1024))
    [ "$grown" -lt 64 ] || fail "$name took $grown MiB more"
    proved "they cost $name $grown MiB of memory"
done
kill "$senders_pid"

## A service that moves, or is away.

kill "$service_pid"
wait "$service_pid" || fail "the service did not stop in order"
expect "without the service Zoom hears 502, and will come again" 502 "$(status "${here[@]}" "${signed[@]}" "$hook")"
curl -sf -d '{"host":"app","addresses":["127.0.0.9"]}' http://127.0.0.1:8055/add-a
serve 127.0.0.9
alive() { [ "$(status "${here[@]}" "$https/healthz")" = 200 ]; }
within 15 "a service that comes back with another address is found" alive

## Streams. A service of its own, since the real one sends a page at a time.

kill "$service_pid"
wait "$service_pid" || true
python3 - <<'END' >/dev/null 2>&1 &
import http.server, time
class Stream(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(200)
        for name, value in [("content-type", "text/event-stream"), ("connection", "close"),
                            ("x-accel-buffering", "no"), ("referrer-policy", "same-origin"),
                            ("content-security-policy", "default-src 'self'"), ("x-frame-options", "SAMEORIGIN")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(b"data: first\n\n")
        time.sleep(5)
        self.wfile.write(b"data: second\n\n")
http.server.ThreadingHTTPServer(("127.0.0.9", 8080), Stream).serve_forever()
END
service_pid=$!
within 10 "a service with streams is there" bash -c '</dev/tcp/127.0.0.9/8080'
# The second event would come after five seconds.
expect "an event of a stream comes when it is made" "data: first" \
    "$(curl -skN --max-time 3 "${here[@]}" "$https/admin/stream" || true)"
expect "and so does that of a page" "data: first" \
    "$(curl -skN --max-time 3 "${here[@]}" "$https/dashboard/live?of=overview" || true)"
expect "and the stream lives through silences longer than Zoom's limit" 2 \
    "$(curl -skN "${here[@]}" "$https/admin/stream" | grep -c data)"
headers=$(curl -skN -D - -o /dev/null "${here[@]}" "$https/dashboard" | tr -d '\r' | tr '[:upper:]' '[:lower:]')
expect "a page's own policy stands alone" "content-security-policy: default-src 'self'" \
    "$(grep '^content-security-policy' <<<"$headers")"
expect "and so does its referrer policy" "referrer-policy: same-origin" "$(grep '^referrer-policy' <<<"$headers")"
expect "and headers of both are not sent twice" "x-frame-options: deny" "$(grep '^x-frame-options' <<<"$headers")"

## Logs.

status "${here[@]}" "${bearer[@]}" "$https/admin/jobs?access_token=query-secret" >/dev/null
status "${here[@]}" --referer "https://x.test/?referer-secret" "$hook?token=query-secret" >/dev/null
status "${here[@]}" --interface 127.0.0.3 "$https/healthz?token=query-secret" >/dev/null
kill -QUIT "$nginx_pid"
wait "$nginx_pid" || fail "nginx did not stop in order"
sandbox_ends "$folder/world"
printf '%s\n' "$ADMIN_TOKEN" "$DASHBOARD_PROXY_SECRET" "${cookie#*=}" "$ZOOM_WEBHOOK_SECRET_TOKEN" query-secret referer-secret >>"$folder/world/secrets"
for log in access-log error-log service-log; do
    found=$(grep -cF -f "$folder/world/secrets" "$folder/$log" || true)
    expect "no secret is in the $log ($(wc -l <"$folder/$log") lines)" 0 "$found"
done
python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <"$folder/access-log" || fail "the log is not JSON"
proved "each line of the access log is JSON"
echo "nginx: all of it holds"
