# One image for each service, and one for the sandbox:
#
#   docker build --build-arg SERVICE=edge --tag parley-edge .      edge, stt, brain, tts, recorder or sandbox
#
# The result has no shell and no package manager: Python, the libraries it needs, and the service (deploy/images/assemble.py).
FROM python:3.11-slim AS build
ARG SERVICE
# Further packages: local-stt or local-tts, for speech without a key (docs/local.md).
ARG EXTRA=${SERVICE}
WORKDIR /build
COPY requirements/${SERVICE}.txt requirements/${EXTRA}.txt requirements/
RUN python -m pip install --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
    --require-hashes --target /site --requirement requirements/${SERVICE}.txt --requirement requirements/${EXTRA}.txt
COPY pyproject.toml README.md ./source/
COPY parley source/parley
COPY services source/services
COPY sandbox source/sandbox
COPY cli source/cli
COPY agents source/agents
COPY deploy/images/assemble.py .
# Installed for its metadata: providers are entry points of an installed distribution.
RUN python -m pip install --no-cache-dir --no-compile --disable-pip-version-check --root-user-action=ignore \
    --no-deps --target /metadata ./source \
    && mv /metadata/parley-*.dist-info /site/ \
    && python assemble.py ${SERVICE} /site source /root-fs

FROM scratch
ARG SERVICE
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="parley-${SERVICE}" \
      org.opencontainers.image.description="Parley answers and places phone calls with an AI agent" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /root-fs /
ENV PATH=/usr/local/bin \
    HOME=/tmp \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    PARLEY_SERVICE=${SERVICE} \
    PARLEY_HTTP_HOST=0.0.0.0 \
    PARLEY_SANDBOX_HOST=0.0.0.0
WORKDIR /app
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --retries=3 CMD ["python", "-m", "parley.healthcheck"]
CMD ["python", "/app"]
