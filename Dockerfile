# One recipe for all five services: docker build --build-arg SERVICE=edge .
FROM python:3.11-slim AS build
ARG SERVICE
WORKDIR /app
COPY requirements/${SERVICE}.txt requirements.txt
RUN pip install --no-cache-dir --prefix /install --require-hashes --requirement requirements.txt

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
