# loligo-osd and the tools to run it under a stock cluster.
#   docker build -t loligo .
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends \
      ca-certificates curl git g++ libc6-dev libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 zlib1g-dev \
      pkg-config liburing-dev libisal-dev librocksdb-dev libssl-dev \
      libmicrohttpd-dev libgoogle-perftools-dev systemtap-sdt-dev gnupg tzdata && rm -rf /var/lib/apt/lists/*
ARG SWIFT_URL=https://download.swift.org/swift-6.3.1-release/debian12/swift-6.3.1-RELEASE/swift-6.3.1-RELEASE-debian12.tar.gz
RUN curl -fsSL "$SWIFT_URL" | tar xz --strip-components=1 -C /
COPY . /src
WORKDIR /src
RUN Scripts/build

FROM debian:12
RUN apt-get update && apt-get install -y --no-install-recommends \
      liburing2 libisal2 librocksdb7.8 libssl3 libmicrohttpd12 libtcmalloc-minimal4 ceph-common && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/.build/release/loligo-osd /src/.build/release/loligo-store /usr/bin/
ENTRYPOINT ["/usr/bin/loligo-osd", "-f"]
