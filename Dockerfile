# Written without an engine at hand: that it builds is not tested.
FROM python:3.12-slim AS build
WORKDIR /src
RUN python -m venv /okevents
COPY requirements/all.lock requirements/
RUN /okevents/bin/pip install --no-cache-dir --require-hashes -r requirements/all.lock
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN /okevents/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.12-slim
RUN useradd --system --create-home --home-dir /data okevents
COPY --from=build /okevents /okevents
USER okevents
WORKDIR /data
ENV PATH=/okevents/bin:$PATH
EXPOSE 8181 8282
ENTRYPOINT ["okevents"]
CMD ["up", "--host", "0.0.0.0", "--insecure"]
