# The image of Samsa: `docker build -t samsa .` in a checkout. Whatever starts `apache/kafka` starts
# it, variables, mounted files, scripts and command line tools included; see README.md.

FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
# The command alone: the library is for other people's processes.
RUN npm run build && rm -f dist/index.* dist/*.map && npm prune --omit=dev --ignore-scripts

# The system that it runs on: without what only makes programs.
FROM node:24-bookworm-slim AS system
RUN cd /usr/local && rm -rf lib/node_modules include bin/npm bin/npx bin/corepack bin/yarn* /opt/yarn*
COPY docker/kafka /etc/kafka/docker/
COPY docker/config /opt/kafka/config/
COPY --from=build /build/package.json /opt/samsa/
COPY --from=build /build/node_modules /opt/samsa/node_modules
COPY --from=build /build/dist /opt/samsa/dist
# By their names in Kafka's image; they are all one program.
ARG KAFKA_TOOLS="broker-api-versions cluster configs console-consumer console-producer consumer-groups consumer-perf-test delete-records dump-log get-offsets groups metadata-quorum producer-perf-test server-start storage topics transactions"
RUN mkdir /opt/kafka/bin && for tool in $KAFKA_TOOLS; do \
    ln -s /opt/samsa/dist/main.js "/opt/kafka/bin/kafka-$tool.sh"; done
# Places that Kafka's image has; data may lie in volumes on either of the first three.
RUN ln -s /opt/samsa/dist/main.js /usr/local/bin/samsa \
  && mkdir -p /var/lib/kafka/data /tmp/kraft-combined-logs /tmp/kafka-logs \
    /etc/kafka/secrets /mnt/shared/config \
  && chown 1000:1000 /var/lib/kafka/data /tmp/kraft-combined-logs /tmp/kafka-logs \
    /etc/kafka/secrets /mnt/shared/config \
  # The module of testcontainers for Confluent's image runs it, and writes beside it.
  && mkdir -p /etc/confluent && cp -r /etc/kafka/docker /etc/confluent/docker \
  && chown -R 1000:1000 /etc/confluent

# In one layer, or what was removed above would still be sent to everybody.
FROM scratch
COPY --from=system / /
ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
# By number, for whoever asks that it is not root; the same as in Kafka's image.
USER 1000:1000
WORKDIR /opt/samsa
EXPOSE 9092
VOLUME ["/var/lib/kafka/data"]
HEALTHCHECK --interval=3s --timeout=3s --start-period=60s CMD ["/etc/kafka/docker/healthcheck"]
ENTRYPOINT []
CMD ["/etc/kafka/docker/run"]
