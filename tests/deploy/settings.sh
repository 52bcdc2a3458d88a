#!/usr/bin/env bash
# What the container `app` gets as its settings: docker-compose reads .env whole, by its own rules. It holds that they come
# out as the program's own reader would have them, that no secret gets into the environment, and that an .env of an earlier
# release means what it meant. Needs docker-compose, no engine and no root.
set -euo pipefail

# shellcheck source=tests/deploy/lib.sh
source "$(dirname "$0")/lib.sh"

need docker-compose python3 cargo
echo "settings: .env as docker-compose $(/usr/bin/docker-compose version --short) reads it"
(cd "$repository" && cargo build --quiet --release --locked)
folder=$(mktemp -d)
remove_folder() { rm -rf "$folder"; }
at_end remove_folder
mkdir "$folder/here"
cp -r "$repository/docker-compose.yml" "$repository/docker-compose.demo.yml" "$repository/deploy" "$folder/here"
cd "$folder/here"
unset HTTPS_PROXY

/usr/bin/docker-compose -f docker-compose.demo.yml config --quiet || fail "docker-compose refuses the demo"
proved "docker-compose accepts the demo without .env"
if /usr/bin/docker-compose config >"$folder/said" 2>&1; then fail "accepted without .env: nothing says that settings are missing"; fi
grep -q '\.env' "$folder/said" || fail "does not name .env: $(cat "$folder/said")"
proved "the rest not: it says that there is no .env"
deploy/prepare >"$folder/said" || fail "$(cat "$folder/said")"
for profile in "" postgres monitoring ddns; do
    /usr/bin/docker-compose ${profile:+--profile "$profile"} config --quiet || fail "docker-compose refuses $profile"
done
proved "docker-compose accepts it after deploy/prepare, with each profile"

# environment: that of the service app, as JSON. docker-compose doubles each dollar when it prints.
environment() {
    /usr/bin/docker-compose config | python3 -c '
import json, sys, yaml
values = yaml.safe_load(sys.stdin)["services"]["app"]["environment"]
print(json.dumps({name: str(value).replace("$$", "$") for name, value in values.items()}))'
}

## Every setting there is.

cp .env "$folder/prepared"
"$target/release/zoom2drive" settings --json >"$folder/settings.json"
"$target/release/zoom2drive" settings --env | sed 's/^#\([A-Z_]*=\)/\1/' >>.env
environment >"$folder/environment.json"
python3 - "$folder/settings.json" "$folder/environment.json" <<'END' || fail "docker-compose reads .env.example otherwise"
import json, sys
settings, given = (json.load(open(path)) for path in sys.argv[1:])
# What .env cannot change.
fixed = {"LISTEN_ADDR": "0.0.0.0:8080", "GOOGLE_APPLICATION_CREDENTIALS": "/run/secrets/google.json"}
bad = 0
for setting in settings:
    name = setting["name"]
    expected = fixed.get(name, setting["default"] or setting["example"])
    if setting["secret"] and name != "DATABASE_URL":
        expected = ""
        if given.get(name + "_FILE") != "/run/secrets/" + name.lower():
            print(name, "has no file"); bad = 1
    if given.get(name) != expected:
        print(f"{name}: expected {expected!r}, given {given.get(name)!r}"); bad = 1
sys.exit(bad)
END
proved "with all of .env.example in .env the container gets what the program reads from it, and no secret"

## How values are written.

# The program's own reader is held to the same file and the same values by tests/it/repository/settings.rs.
written=$repository/tests/deploy/compose/written
sed 's/$/\r/' "$written.env" >"$folder/windows.env"
for file in "$written.env" "$folder/windows.env"; do
    cat "$folder/prepared" "$file" >.env
    environment >"$folder/environment.json"
    python3 - "$written.json" "$folder/environment.json" <<'END' || fail "read otherwise than the program does: $file"
import json, sys
expected, given = (json.load(open(path)) for path in sys.argv[1:])
bad = {name: given.get(name) for name in expected if given.get(name) != expected[name]}
print(bad or "", end="")
sys.exit(bool(bad))
END
done
proved "quotation marks, blanks, #, remarks and line ends of Windows mean the same to both readers"

## An .env of an earlier release: docker-compose.yml named each setting as NAME: ${NAME-}.

cat >"$folder/earlier.yml" <<'END'
services:
  app:
    image: zoom2drive
    environment:
END
python3 - "$folder/settings.json" >>"$folder/earlier.yml" <<'END'
import json, sys
for setting in json.load(open(sys.argv[1])):
    if setting["name"] not in ("LISTEN_ADDR", "GOOGLE_APPLICATION_CREDENTIALS", "DATABASE_URL") and not setting["secret"]:
        print(f"      {setting['name']}: ${{{setting['name']}-}}")
END
cat >"$folder/tricky" <<'END'
ADMIN_TOKEN=a-token-that-was-ignored-here
LISTEN_ADDR=127.0.0.1:1
FOLDER_TEMPLATE={host}/{year}/{date} {topic}
FILE_TEMPLATE='{date} $topic ${topic} {view}'
GOOGLE_SUBJECT=a$b@example.com
DATABASE_URL=
DATABASE_URL_FILE=/run/secrets/database_url
NGINX_IMAGE=docker.io/library/nginx@sha256:0000000000000000000000000000000000000000000000000000000000000000
END
cat "$folder/prepared" "$folder/tricky" >.env
environment >"$folder/now.json"
cp docker-compose.yml "$folder/shipped.yml"
cp "$folder/earlier.yml" docker-compose.yml
environment >"$folder/then.json"
cp "$folder/shipped.yml" docker-compose.yml
python3 - "$folder/then.json" "$folder/now.json" <<'END' || fail "an .env of an earlier release means something else"
import json, sys
then, now = (json.load(open(path)) for path in sys.argv[1:])
# A setting that is absent was given as an empty text before, which is the same.
bad = {name: (value, now.get(name, "")) for name, value in then.items() if now.get(name, "") != value}
print(bad or "", end="")
fixed = (now["ADMIN_TOKEN"], now["LISTEN_ADDR"], now["DATABASE_URL"], now["DATABASE_URL_FILE"])
sys.exit(bool(bad) or fixed != ("", "0.0.0.0:8080", "", "/run/secrets/database_url"))
END
proved "an .env of an earlier release means what it meant, and a secret in it stays out of the container"
echo "settings: all of it holds"
