# docker build -t checker .                      the program alone, in an empty image
# docker build -t checker --target with-git .    with git and a shell, for jobs that compare with another revision
#
# docker run --rm -v "$PWD:/repository:ro" checker check

FROM rust:1.95-slim-bookworm AS build
WORKDIR /source
COPY Cargo.toml Cargo.lock build.rs ./
COPY src src
COPY policies policies
# Cargo wants the files of every target that the manifest names.
COPY benches benches
# All of glibc goes into the program: its allocator serves many threads, musl's does not. With `--target` the flag leaves macros and
# build scripts alone, which cannot be static.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/source/target \
    host="$(rustc --print host-tuple)" \
    && RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --release --bin checker --target "$host" \
    && install -D "target/$host/release/checker" /image/usr/bin/checker \
    # For clusters whose kubeconfig names no authority of its own.
    && install -D -m 644 /etc/ssl/certs/ca-certificates.crt /image/etc/ssl/certs/ca-certificates.crt \
    && install -d -m 1777 /image/tmp

FROM debian:bookworm-slim AS with-git
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/usr/bin/checker /usr/bin/checker
# A number, so that `runAsNonRoot` can be held against it.
USER 65532:65532
WORKDIR /repository
ENTRYPOINT ["/usr/bin/checker"]
CMD ["--help"]

FROM scratch
COPY --from=build /image/ /
USER 65532:65532
WORKDIR /repository
ENTRYPOINT ["/usr/bin/checker"]
CMD ["--help"]
