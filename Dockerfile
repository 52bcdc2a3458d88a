# zoom2drive in an image that holds nothing else: the program, the C library it needs, the certificates it trusts.
# docker build -t zoom2drive .        (podman build does the same)

ARG RUST_IMAGE=docker.io/library/rust:1.95-slim-bookworm
# Any image that has nothing, or a C library as new as that of RUST_IMAGE.
ARG RUNTIME_IMAGE=scratch

FROM ${RUST_IMAGE} AS build
WORKDIR /build
# PROFILE=release builds faster, and a larger program. FEATURES=sandbox adds `zoom2drive demo`.
ARG PROFILE=dist
ARG FEATURES=
# The build's own folder, whatever .cargo/config.toml or the base image says.
ENV CARGO_TARGET_DIR=/build/target

# The libraries, which change seldom, in a layer of their own: built for a program without content. Cargo wants a file
# for each target that Cargo.toml names: the examples are read from there, so that a new one needs no word here.
COPY Cargo.toml Cargo.lock askama.toml ./
RUN mkdir -p src tests/it examples \
    && awk '/^\[/ { example = $0 == "[[example]]" } example && /^name = / { gsub(/"/, "", $3); print "examples/" $3 ".rs" }' \
        Cargo.toml >examples/names \
    && for file in src/main.rs tests/it/main.rs $(cat examples/names); do echo 'fn main() {}' >"$file"; done \
    && touch src/lib.rs \
    && cargo build --locked --profile "${PROFILE}" --no-default-features --features "${FEATURES}"

# Cargo goes by the time of files: these must be newer than what was just built, whenever they were written.
COPY src src
RUN touch src/main.rs src/lib.rs \
    && cargo build --locked --profile "${PROFILE}" --no-default-features --features "${FEATURES}" --bin zoom2drive

# The final image's files, under the paths that they will have there. The time zones and a set of root certificates
# are inside the program; the system's certificates are for those who trust further ones (mount your own over them).
RUN mkdir -p /image/usr/local/bin /image/etc/ssl/certs /image/tmp /owned/data \
    && cp "target/${PROFILE}/zoom2drive" /image/usr/local/bin/ \
    && ldd "target/${PROFILE}/zoom2drive" >libraries \
    && grep -o '/[^ ]*' libraries >paths \
    && xargs -I{} cp -L --parents {} /image <paths \
    && cp -L /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ \
    && echo 'zoom2drive:x:10001:10001::/data:/sbin/nologin' >/image/etc/passwd \
    && echo 'zoom2drive:x:10001:' >/image/etc/group \
    && chmod 700 /owned/data \
    && chmod 1777 /image/tmp

FROM ${RUNTIME_IMAGE}
COPY --from=build /image /
COPY --from=build --chown=10001:10001 /owned /
ENV LISTEN_ADDR=0.0.0.0:8080 DATABASE_URL=sqlite:///data/zoom2drive.db
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
# Seconds: the first look comes after the interval.
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/local/bin/zoom2drive", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/zoom2drive"]
CMD ["serve"]
