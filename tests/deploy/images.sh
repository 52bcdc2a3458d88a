# shellcheck shell=bash disable=SC2154
# Stand-ins for the public base images, made from Debian's packages and the toolchain that is installed here,
# under the public names: so the shipped files are built as they are, and no registry is asked.
# They are not the public images: versions differ, and only the paths that the shipped files use are the same.

# image NAME FOLDER: builds it unless it is there.
image() {
    $docker image inspect "$1" >/dev/null 2>&1 || $docker build --quiet --tag "$1" "$2" >/dev/null
}

# What all stand-ins are made of, in one image: installed once.
packages=ca-certificates,gcc,libc6-dev,nginx-light,gettext-base,curl,certbot,pebble,systemd,logrotate,procps,postgresql,prometheus

# How often the packages are asked for: their server is the one thing here that a test does not start itself.
archive_tries=3

# debian_archive TAR SOURCES: what the package manager said is shown when the last try fails, and how much room there was.
debian_archive() {
    local try
    for ((try = 1; try <= archive_tries; try++)); do
        rm -f "$1"
        mmdebstrap --variant=minbase --aptopt='Acquire::Retries "3"' --include=$packages bookworm "$1" "$2" >"$1.log" 2>&1 &&
            return
        echo "  the base image could not be made (try $try of $archive_tries)" >&2
    done
    tail -n 40 "$1.log" >&2
    df -h "$(dirname "$1")" "${TMPDIR:-/tmp}" >&2
    fail "the base image cannot be made of Debian's packages"
}

# debian_image WORK-FOLDER
debian_image() {
    $docker image inspect debian:bookworm-slim >/dev/null 2>&1 && return
    local sources=/etc/apt/sources.list.d/debian.sources
    [ -e "$sources" ] || sources=/etc/apt/sources.list
    debian_archive "$1/base.tar" "$sources"
    $docker import "$1/base.tar" debian:bookworm-slim >/dev/null
    rm "$1/base.tar"
}

# The image that the Dockerfile names.
rust_image() {
    local name toolchain
    name=$(sed -n 's/^ARG RUST_IMAGE=//p' "$repository/Dockerfile")
    $docker image inspect "$name" >/dev/null 2>&1 && return
    toolchain=$(cd "$repository" && rustc --print sysroot)
    mkdir -p "$1/rust/toolchain"
    tar -C "$toolchain" -c --exclude=lib/rustlib/src bin lib | tar -C "$1/rust/toolchain" -x
    # Where packages come from, and whom to trust for it, is this machine's affair.
    mkdir -p "$1/rust/cargo"
    cp -L "${CARGO_HOME:-$HOME/.cargo}/config.toml" "$1/rust/cargo/" 2>/dev/null || true
    cp -L /etc/ssl/certs/ca-certificates.crt "$1/rust/"
    cat >"$1/rust/Dockerfile" <<'END'
FROM debian:bookworm-slim
COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY toolchain/ /usr/local/rustup/toolchain/
COPY cargo/ /usr/local/cargo/
ENV CARGO_HOME=/usr/local/cargo PATH=/usr/local/rustup/toolchain/bin:/usr/sbin:/usr/bin:/sbin:/bin
RUN rustc --version && cargo --version
END
    image "$name" "$1/rust"
    rm -r "$1/rust"
}

# nginx with an entrypoint that does what the official one does.
nginx_image() {
    image "$(service_image nginx)" "$repository/tests/deploy/nginx-image"
}

# PostgreSQL with an entrypoint that does what the official one does.
postgres_image() {
    image "$(service_image postgres)" "$repository/tests/deploy/postgres-image"
}

# stand_in NAME REST-OF-DOCKERFILE: a program of the packages above, under that name.
stand_in() {
    $docker image inspect "$1" >/dev/null 2>&1 ||
        printf 'FROM debian:bookworm-slim\n%b\n' "$2" | $docker build --quiet --tag "$1" - >/dev/null
}

# The image that docker-compose.yml names for a service.
service_image() {
    sed -n "/^  $1:\$/,/^  [a-z]/ s/^    image: //p" "$repository/docker-compose.yml" | sed 's/^${[A-Z_]*:-\(.*\)}$/\1/'
}
