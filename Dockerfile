# One recipe for all five services: docker build --build-arg SERVICE=edge .
FROM python:3.11-slim AS build
ARG SERVICE
WORKDIR /app
COPY requirements/${SERVICE}.txt requirements.txt
RUN pip install --no-cache-dir --prefix /install --require-hashes --requirement requirements.txt
# The providers are entry points, which Python finds in the metadata of an installed distribution.
COPY pyproject.toml README.md ./
COPY parley parley
RUN pip install --no-cache-dir --no-deps --target /metadata . \
    && mv /metadata/parley-*.dist-info /install/lib/python3.11/site-packages/

FROM python:3.11-slim
ARG SERVICE
ENV SERVICE=${SERVICE} PYTHONUNBUFFERED=1 PARLEY_HTTP_HOST=0.0.0.0
WORKDIR /app
COPY --from=build /install /usr/local
COPY parley parley
COPY services/__init__.py services/__init__.py
COPY services/${SERVICE} services/${SERVICE}
COPY agents agents
RUN useradd --system --home-dir /app parley && mkdir /recordings && chown parley /recordings
USER parley
# exec: the service gets SIGTERM itself, and drains.
CMD exec python -m services.${SERVICE}
