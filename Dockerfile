# The executable alone on a base that has a C library, certificates and nothing to log in with.
# Built on the architecture it runs on (amd64 or arm64): docker build -t contenthub .

FROM oven/bun:1.4.5 AS build
WORKDIR /hub
COPY package.json bun.lock bunfig.toml ./
RUN SCARF_ANALYTICS=false bun install --frozen-lockfile --production
COPY tsconfig.json ./
COPY drizzle drizzle
COPY fixtures fixtures
COPY views views
COPY src src
RUN bun run build && mkdir -p /empty

FROM gcr.io/distroless/base-nossl-debian12:nonroot
ARG VERSION=0.1.0
LABEL org.opencontainers.image.title="ContentHub" \
      org.opencontainers.image.description="A content hub in one executable: pages of typed contents, a REST API, exact view counters" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /hub/dist/contenthub /usr/local/bin/contenthub
# Where volumes go: a new one takes over the owner of the folder it is mounted on.
COPY --from=build --chown=65532:65532 /empty /data
COPY --from=build --chown=65532:65532 /empty /static
ENV DATA_DIR=/data HOST=0.0.0.0 PORT=8000 LOG_FORMAT=json
USER 65532:65532
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s --retries=6 CMD ["/usr/local/bin/contenthub", "health"]
ENTRYPOINT ["/usr/local/bin/contenthub"]
