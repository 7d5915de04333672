# A small image that serves as nobody in particular: `docker build --tag okevents .`, and docs/deploying.md for the rest.
FROM python:3.13-slim AS build
WORKDIR /src
# Without pip, which serves nobody there.
RUN python -m venv --without-pip /okevents
COPY requirements/all.lock requirements/
RUN pip --python /okevents/bin/python install --no-cache-dir --require-hashes -r requirements/all.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip --python /okevents/bin/python install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
ARG REVISION=unknown
LABEL org.opencontainers.image.title="okevents" \
      org.opencontainers.image.version="0.2.0" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/python:3.13-slim" \
      org.opencontainers.image.description="Events and bookings that never sell a place twice and never lose a message" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --system --uid 10001 --create-home --home-dir /data okevents
COPY --from=build /okevents /okevents
USER 10001
WORKDIR /data
VOLUME /data
# Everybody can reach it, so writing needs a token: `okevents tokens create` in the container makes one.
ENV PATH=/okevents/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    OKEVENTS_HOST=0.0.0.0 \
    OKEVENTS_ACCESS=required \
    OKEVENTS_DATA=/data
EXPOSE 8181 8282
# For `up` and `events`. The Booking Service alone, and who speaks HTTPS, is told its own address by OKEVENTS_URL.
HEALTHCHECK --interval=15s --timeout=4s --start-period=30s --retries=3 CMD ["okevents", "health", "--timeout", "3"]
ENTRYPOINT ["okevents"]
CMD ["up"]
