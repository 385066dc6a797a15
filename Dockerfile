# `orch serve` in a container. Build it at the root of the repository:
#   docker build -t orchesity .
# docs/deploy/README.md says how to run it and how to issue the first key.

FROM rust:1.95-slim-trixie AS build
# The C parts: SQLite, zstd, and the cryptography of TLS.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends build-essential cmake pkg-config \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked --package cli --bin orch

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /data --create-home --shell /usr/sbin/nologin orchesity
COPY --from=build /src/target/release/orch /usr/local/bin/orch
USER 10001:10001
ENV ORCHESITY_HOME=/data
VOLUME /data
EXPOSE 4141
STOPSIGNAL SIGTERM
# The shell's own connections: nothing has to be installed for this.
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4141 && printf 'GET /live HTTP/1.1\\r\\nHost: 127.0.0.1:4141\\r\\nConnection: close\\r\\n\\r\\n' >&3 && grep -q '200 OK' <&3"]
# Inside a container every address is one that others reach: who may is said by `docker run --publish`.
ENTRYPOINT ["orch"]
CMD ["serve", "--host", "0.0.0.0", "--port", "4141", "--expose", "--log", "json"]
