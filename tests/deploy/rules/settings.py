"""Every container of a service gets variables that it has, with values that it accepts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parley.errors import ConfigError
from tests.deploy.objects import Object, Workload, of_kind, workloads
from tests.deploy.rules.network import COMPONENT
from tests.deploy.service_settings import (
    OWN_PREFIXES,
    SERVICES,
    common,
    environment_problems,
    ports_of,
    secret_value,
    secret_variables,
    variables_of,
)

_PROBES = {"livenessProbe": "/livez", "readinessProbe": "/readyz", "startupProbe": None}
_ANY_ADDRESS = ("0.0.0.0", "::")
_SHUTDOWN_MARGIN_S = 5.0


def settings_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Variables that are misspelt, invalid or not secret; ports and probes that the service lacks."""
    for workload in workloads(objects):
        service = service_of(workload)
        if service is None:
            continue
        for container in workload.spec.get("containers", []):
            # Further keys of the Secret are read by name: those of an agent's tools.
            environment = {
                name: value
                for name, value in environment_of(container, objects).items()
                if name not in _tool_keys(container)
            }
            problems = [
                *environment_problems(service, environment),
                *_secrets(service, container),
                *_image(service, container),
            ]
            if workload.object["kind"] in ("Deployment", "StatefulSet"):
                problems += _running(service, workload, container, environment)
            yield from (f"{workload.name}: {problem}" for problem in problems)


def service_of(workload: Workload) -> str | None:
    """Name of the service that a workload runs; the job that migrates the database is the recorder's."""
    component = workload.labels.get(COMPONENT, "")
    if component in SERVICES:
        return component
    return "recorder" if component in ("migrate", "migrations", "migration") else None


def environment_of(container: Mapping[str, Any], objects: Sequence[Object]) -> dict[str, str]:
    """A container's variables, with placeholders for values of the cluster."""
    variables: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        prefix = source.get("prefix", "")
        for field, kind in (("configMapRef", "ConfigMap"), ("secretRef", "Secret")):
            if field in source:
                content = _content(objects, kind, source[field]["name"])
                variables |= {f"{prefix}{key}": value for key, value in content.items()}
    for entry in container.get("env") or []:
        variables[entry["name"]] = _value(entry, objects)
    # Kubernetes replaces $(NAME) by variables that are defined before.
    done: dict[str, str] = {}
    for name, value in variables.items():
        for other, other_value in done.items():
            value = value.replace(f"$({other})", other_value)  # noqa: PLW2901
        done[name] = value
    return done


def _value(entry: Mapping[str, Any], objects: Sequence[Object]) -> str:
    source = entry.get("valueFrom") or {}
    if "fieldRef" in source:
        return {"metadata.name": "parley-edge-0", "status.podIP": "10.0.0.7"}.get(
            source["fieldRef"]["fieldPath"], "field"
        )
    if "secretKeyRef" in source:
        return secret_value(entry["name"])
    if "configMapKeyRef" in source:
        reference = source["configMapKeyRef"]
        return _content(objects, "ConfigMap", reference["name"]).get(reference["key"], "")
    return str(entry.get("value", ""))


def _content(objects: Sequence[Object], kind: str, name: str) -> dict[str, str]:
    for item in of_kind(objects, kind):
        if item["metadata"]["name"] == name:
            if kind == "Secret":
                keys = [*(item.get("data") or {}), *(item.get("stringData") or {})]
                return {key: secret_value(key) for key in keys}
            return {key: str(value) for key, value in (item.get("data") or {}).items()}
    for item in of_kind(objects, "ExternalSecret"):
        target = (item["spec"].get("target") or {}).get("name", item["metadata"]["name"])
        if kind == "Secret" and target == name:
            return {entry["secretKey"]: secret_value(entry["secretKey"]) for entry in item["spec"]["data"]}
    return {}


def _secrets(service: str, container: Mapping[str, Any]) -> Iterator[str]:
    secret = secret_variables(service)
    for entry in container.get("env") or []:
        emulated = entry.get("value") == "sandbox"
        if entry["name"] in secret and not emulated and "secretKeyRef" not in (entry.get("valueFrom") or {}):
            yield f"{entry['name']} is a secret, and does not come from one"


def _tool_keys(container: Mapping[str, Any]) -> set[str]:
    secret = [e["name"] for e in container.get("env") or [] if "secretKeyRef" in (e.get("valueFrom") or {})]
    return {name for name in secret if not name.startswith(OWN_PREFIXES)}


def _image(service: str, container: Mapping[str, Any]) -> Iterator[str]:
    repository = container["image"].partition("@")[0].rpartition("/")[2].partition(":")[0]
    if not repository.endswith(service):
        yield f"runs the image {container['image']}"


def _running(
    service: str, workload: Workload, container: Mapping[str, Any], environment: Mapping[str, str]
) -> Iterator[str]:
    try:
        ports, settings = ports_of(service, environment), common(service, environment)
    except ConfigError:
        return
    declared = {port["containerPort"]: port.get("name") for port in container.get("ports") or []}
    if set(declared) != set(ports.values()):
        yield f"declares the ports {sorted(declared)}, and listens on {sorted(ports.values())}"
    if settings.http_host not in _ANY_ADDRESS:
        yield f"listens on {settings.http_host} only"
    grace_s = workload.spec.get("terminationGracePeriodSeconds", 30)
    pre_stop = (container.get("lifecycle") or {}).get("preStop") or {}
    needed_s = settings.drain_timeout_s + (pre_stop.get("sleep") or {}).get("seconds", 0) + _SHUTDOWN_MARGIN_S
    if grace_s < needed_s:
        yield f"is killed after {grace_s} s, and may take {needed_s:g} s to drain"
    if "exec" in pre_stop:
        yield "its preStop hook needs a program, and the image has no shell"
    for probe, path in _PROBES.items():
        action = (container.get(probe) or {}).get("httpGet") or {}
        if path is not None and action.get("path") != path:
            yield f"{probe} requests {action.get('path')}, not {path}"
    mounts = [mount["mountPath"] for mount in container.get("volumeMounts") or []]
    if "PARLEY_AGENTS_DIR" in environment and settings.agents_dir not in mounts:
        yield f"no agent files are mounted at {settings.agents_dir}"


def unset(objects: Sequence[Object], service: str) -> set[str]:
    """Variables of a service that none of its containers gets."""
    found: set[str] = set()
    for workload in workloads(objects):
        if service_of(workload) == service:
            for container in workload.spec.get("containers", []):
                found |= set(environment_of(container, objects))
    return set(variables_of(service)) - found
