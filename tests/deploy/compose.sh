#!/usr/bin/env bash
# The shipped docker-compose.yml, for real: every profile is valid; app, nginx and certbot come up from empty volumes with
# the commands of docs/containers.md; a certificate authority (pebble) issues and renews; each container is held as it should be.
#
# Needs the image zoom2drive, which tests/deploy/image.sh builds, and ports 80 and 443.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"
# shellcheck source=tests/deploy/engine.sh
source "$repository/tests/deploy/engine.sh"
# shellcheck source=tests/deploy/images.sh
source "$repository/tests/deploy/images.sh"

domain=hooks.example.test

need openssl curl python3 docker-compose mmdebstrap cargo
(cd "$repository" && cargo build --quiet --release --locked)
echo "compose: the shipped docker-compose.yml, by docker-compose $(/usr/bin/docker-compose version --short)"
# A copy: .env and secrets/ are made in it, as docs/containers.md has it.
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
mkdir "$folder/here" "$folder/pebble"
cp -r "$repository/docker-compose.yml" "$repository/docker-compose.demo.yml" "$repository/nginx" "$repository/deploy" "$folder/here"
cp "$repository/tests/deploy/compose/pebble.json" "$folder/pebble"
cd "$folder/here"
export TEST_FOLDER=$folder COMPOSE_PROJECT_NAME=z2d-test
compose() {
    /usr/bin/docker-compose -f docker-compose.yml -f "$repository/tests/deploy/compose/override.yml" "$@"
}

## Valid.

venv=$target/deploy-venv
[ -x "$venv/bin/check-jsonschema" ] || { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet check-jsonschema; }
"$venv/bin/check-jsonschema" --quiet --builtin-schema vendor.compose-spec docker-compose.yml docker-compose.demo.yml ||
    fail "not as compose-spec has it"
proved "it is as compose-spec has it"

## The engine, and stand-ins for what a registry would have.

start_engine
debian_image "$folder"
nginx_image
stand_in "$(service_image certbot)" 'ENTRYPOINT ["certbot"]'
$docker image inspect zoom2drive >/dev/null 2>&1 || fail "there is no image zoom2drive: tests/deploy/image.sh builds it"
stand_in z2d-test-pebble 'CMD ["pebble", "-config", "/pebble/pebble.json"]'
postgres_image
stand_in "$(service_image prometheus)" 'RUN install -d -o 65534 -g 65534 /prometheus\nUSER 65534:65534\nENTRYPOINT ["/usr/bin/prometheus"]'
proved "stand-ins for nginx, certbot, PostgreSQL, Prometheus and a certificate authority are made"

## The demo, before there is any setting. With the sandbox the program takes as long to build again: it is taken from here.

mkdir "$folder/demo"
cp "$target/release/zoom2drive" "$folder/demo"
printf 'FROM zoom2drive\nCOPY zoom2drive /usr/local/bin/\n' >"$folder/demo/Dockerfile"
$docker build --quiet --tag zoom2drive-demo "$folder/demo" >/dev/null
/usr/bin/docker-compose -f docker-compose.demo.yml run --rm -T demo --fast >"$folder/demo-log" 2>&1 </dev/null || fail "the demo failed: $(tail -n 30 "$folder/demo-log")"
proved "the demo runs without settings, credentials and network: $(tail -n 1 "$folder/demo-log" | tr -d '\r')"

deploy/prepare >"$folder/prepared"
expect "deploy/prepare makes .env and secrets/, for their owner only" "600 700" "$(stat -c %a .env secrets | xargs)"
token=$(cat secrets/admin_token)
deploy/prepare >/dev/null
expect "and leaves alone what is there" "$token" "$(cat secrets/admin_token)"

## Filled in. No one answers behind these addresses: what is archived, other tests show.

webhook_secret=$(openssl rand -hex 16)
chmod u+w secrets/*
printf '%s' "$webhook_secret" >secrets/zoom_webhook_secret_token
printf '%s' client-secret-of-the-test >secrets/zoom_client_secret
openssl genrsa 2048 2>/dev/null >"$folder/key.pem"
python3 - "$folder/key.pem" >secrets/google.json <<'END'
import json, sys
print(json.dumps({"type": "service_account", "client_email": "a@b.iam", "token_uri": "http://127.0.0.1:9/token",
                  "private_key_id": "1", "private_key": open(sys.argv[1]).read()}))
END
chmod 444 secrets/*
sed -i -e "s/^DOMAIN=.*/DOMAIN=$domain/" -e 's#^ACME_SERVER=.*#ACME_SERVER=https://pebble:14000/dir#' \
    -e 's/^DRIVE_FOLDER_ID=.*/DRIVE_FOLDER_ID=1AbCdEfGhIjKlMnOpQrStUvWxYz/' -e 's/^ZOOM_ACCOUNT_ID=.*/ZOOM_ACCOUNT_ID=account/' \
    -e 's/^ZOOM_CLIENT_ID=.*/ZOOM_CLIENT_ID=client/' .env
cat >>.env <<'END'
ZOOM_API_URL=http://127.0.0.1:9/v2
ZOOM_OAUTH_URL=http://127.0.0.1:9/oauth/token
GOOGLE_API_URL=http://127.0.0.1:9
TIMEZONE=Europe/Berlin
FOLDER_TEMPLATE="{year}/of {topic}"
# Here by mistake: the file counts, and this stays out of the container.
ADMIN_TOKEN=token-that-stands-in-env
END

# The certificate authority's own certificate, which certbot is to trust.
(
    cd "$folder/pebble"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=ca -keyout ca.key -out ca.pem
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=pebble -keyout server.key -out server.csr
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -out server.pem \
        -extfile <(echo subjectAltName=DNS:pebble)
    chmod 444 ./*
) 2>/dev/null

## Up, from nothing.

down() { compose --profile postgres --profile monitoring down --volumes --timeout 5 >"$folder/down-log" 2>&1; }
at_end down
compose up -d --no-build pebble >"$folder/up-log" 2>&1 || fail "$(cat "$folder/up-log")"
compose up -d --no-build >"$folder/up-log" 2>&1 || fail "it does not come up: $(cat "$folder/up-log"; compose logs --tail 20)"
proved "docker-compose up -d: each started when the one before was healthy"
here=(--resolve "$domain:80:127.0.0.1" --resolve "$domain:443:127.0.0.1")
https=https://$domain
root() { curl -sk "https://$($docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' z2d-test_pebble_1):15000/roots/0" >"$folder/root.pem"; }
root
served() { curl -sf "${here[@]}" --cacert "$folder/root.pem" "$https/healthz"; }
within 60 "from empty volumes, a certificate of the authority is served, and the service behind it" served
serial() { openssl s_client -connect 127.0.0.1:443 -servername "$domain" </dev/null 2>/dev/null | openssl x509 -noout -serial; }

deliver() {
    printf '{"event":"recording.completed","event_ts":%s,"payload":{"account_id":"a","object":{"uuid":"%s","id":1,"topic":"t","recording_files":[{"id":"f","file_type":"MP4","file_extension":"MP4","file_size":5,"status":"completed","recording_type":"audio_only","download_url":"https://zoom.us/rec/webhook_download/x"}]}},"download_token":"token-of-the-event"}' \
        "$(date +%s%3N)" "$1" >"$folder/event.json"
    signed "$webhook_secret" "$folder/event.json"
    curl -s -o /dev/null -w '%{http_code}' "${here[@]}" --cacert "$folder/root.pem" "${signed[@]}" "$https/webhooks/zoom"
}
expect "an event is taken" 200 "$(deliver first)"

## How each container is held.

# held SERVICE: adds what it may take to `total`, in MiB.
held() {
    local container=z2d-test_$1_1 limits
    expect "$1: read-only, no capability, no new privileges, comes back, log of 3 times 10m" \
        'true [ALL] [no-new-privileges:true] unless-stopped map[max-file:3 max-size:10m]' \
        "$($docker inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}} {{.HostConfig.RestartPolicy.Name}} {{.HostConfig.LogConfig.Config}}' "$container")"
    expect "$1: no core dumps" '[{"Name":"core","Hard":0,"Soft":0}]' "$($docker inspect --format '{{json .HostConfig.Ulimits}}' "$container")"
    limits=$($docker inspect --format '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}' "$container")
    [[ " $limits " != *" 0 "* && $limits != *nil* ]] || fail "$1 has no limits: $limits"
    total=$((total + ${limits%% *} / 1048576))
    proved "$1 takes $($docker stats --no-stream --format '{{.MemUsage}}' "$container")"
}
total=0
for service in app nginx certbot; do
    held "$service"
done
[ "$total" -le 320 ] || fail "together they may take $total MiB"
proved "together they may take $total MiB, of a machine's 512"
expect "only 80 and 443 are published" "80 443" "$($docker ps --filter name=z2d-test_ --format '{{.Ports}}' |
    grep -o '0\.0\.0\.0:[0-9]*' | cut -d : -f 2 | sort -n | uniq | xargs)"
$docker inspect --format '{{.Config.Env}}' z2d-test_app_1 | grep -q -F -e "$webhook_secret" -e client-secret-of-the-test -e "$token" -e token-that-stands-in-env &&
    fail "a secret is in the environment"
proved "no secret is in the environment"
archived_in=$(compose exec -T app zoom2drive rules test --topic Standup --host ann@example.com)
[[ $archived_in == *"of Standup"* && $archived_in != *'"'* ]] || fail "a setting of .env is not there: $archived_in"
proved "a setting that docker-compose.yml does not name is there, without its quotation marks"
expect "/admin is hidden" 404 "$(curl -sk -o /dev/null -w '%{http_code}' "${here[@]}" -H "authorization: Bearer $token" "$https/admin/jobs")"

## Renewal.

before=$(serial)
compose exec -T certbot certbot renew --force-renewal --no-random-sleep-on-renew >"$folder/renew-log" 2>&1 ||
    fail "not renewed: $(tail "$folder/renew-log")"
renewed() { [ "$(serial)" != "$before" ] && served; }
within 20 "a renewed certificate is served, without a restart" renewed
before=$(serial)
compose restart certbot >/dev/null 2>&1
within 30 "what is not due is left alone" sh -c "$docker logs z2d-test_certbot_1 2>&1 | grep -q 'not yet due for renewal'"
compose restart nginx >/dev/null 2>&1
same() { served && [ "$(serial)" = "$before" ]; }
within 30 "after a restart nginx serves the same one at once" same

## Crashes.

kill -9 "$($docker inspect --format '{{.State.Pid}}' z2d-test_app_1)"
back() { [ "$(deliver second)" = 200 ]; }
within 60 "a service that is killed comes back, and takes events" back
expect "by itself" 1 "$($docker inspect --format '{{.RestartCount}}' z2d-test_app_1)"
compose up -d --no-build --force-recreate --no-deps app >/dev/null 2>&1
within 60 "a service in a new container is found" back
jobs=$(compose exec -T app zoom2drive jobs list)
[[ $jobs == *first* || $jobs == *" t "* ]] || fail "the database is gone: $jobs"
proved "and it has its database still"
## PostgreSQL in the place of the file, and Prometheus, as docs/containers.md has it.

printf 'DATABASE_URL=\nDATABASE_URL_FILE=/run/secrets/database_url\n' >>.env
compose --profile postgres up -d --no-build >"$folder/up-log" 2>&1 || fail "PostgreSQL does not come up: $(cat "$folder/up-log")"
taken() { [ "$(deliver third)" = 200 ]; }
within 90 "with PostgreSQL events are taken" taken
held postgres
sql() { compose exec -T postgres psql --username zoom2drive --no-align --tuples-only --command "$1"; }
expect "and are there" 1 "$(sql "SELECT count(*) FROM jobs WHERE meeting = 'third'")"
from_outside() { compose exec -T -e "PGPASSWORD=$1" postgres psql --host postgres --username zoom2drive --no-password --command 'SELECT 1' >/dev/null 2>&1; }
from_outside "$(cat secrets/postgres_password)" || fail "PostgreSQL does not let us in with the password"
from_outside wrong && fail "PostgreSQL asks for no password"
proved "nobody gets at them without the password"
# Whoever talks to strangers has no way there at all, by name or by address.
address=$($docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' z2d-test_postgres_1)
reaches() { $docker exec "z2d-test_$1_1" timeout 5 bash -c "exec 3<>/dev/tcp/$2/5432"; }
for service in nginx certbot; do
    for place in postgres "$address"; do
        reaches $service "$place" 2>/dev/null && fail "$service reaches the database by $place"
    done
done
proved "nginx and certbot cannot reach the database"
reaches postgres "$address" || fail "the look at it is none"
proved "which is there"
$docker kill --signal KILL z2d-test_postgres_1 >/dev/null
compose --profile postgres up -d --no-build >"$folder/up-log" 2>&1
again() { [ "$(deliver fourth)" = 200 ]; }
within 60 "when it comes back after a crash, so do events" again

compose --profile monitoring up -d --no-build prometheus >"$folder/up-log" 2>&1 || fail "Prometheus does not come up: $(cat "$folder/up-log")"
held prometheus
asked() { $docker exec z2d-test_prometheus_1 curl -sf "http://localhost:9090/api/v1/$1"; }
scraped() { asked 'query?query=zoom2drive_build_info' | grep -q '"instance":"app:8080"'; }
within 60 "Prometheus reads the service's figures" scraped
$docker exec z2d-test_prometheus_1 timeout 5 bash -c 'exec 3<>/dev/tcp/nginx/80' 2>/dev/null && fail "Prometheus reaches nginx"
proved "and nothing of the network in front"
expect "and watches by every rule that is shipped" "$(grep -c '  - alert:' deploy/monitoring/alerts.yml)" \
    "$(asked rules | python3 -c 'import json, sys; print(sum(len(group["rules"]) for group in json.load(sys.stdin)["data"]["groups"]))')"

## Stopped.

begin=$SECONDS
compose stop app >/dev/null 2>&1
expect "it stops in order" 0 "$($docker inspect --format '{{.State.ExitCode}}' z2d-test_app_1)"
[ $((SECONDS - begin)) -lt 40 ] || fail "it took $((SECONDS - begin)) seconds"
compose logs --no-color >"$folder/logs" 2>&1
expect "no secret is in any log" 0 "$(grep -cF -e "$webhook_secret" -e client-secret-of-the-test -e "$token" -e token-of-the-event "$folder/logs" || true)"
echo "compose: all of it holds"
