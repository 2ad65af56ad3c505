"""Selectors match the pods that they mean, and every port that something refers to exists there."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tests.deploy.objects import (
    Object,
    Workload,
    container_ports,
    label_of,
    lasting,
    of_kind,
    selects,
    workloads,
)


def service_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Services, probes, routes, monitors, disruption budgets and spread constraints that miss their pods."""
    pods = [*workloads(lasting(objects))]
    yield from _disjoint(pods)
    for workload in workloads(objects):
        for problem in [*_probes(workload), *_spread(workload)]:
            yield f"{workload.name}: {problem}"
    for service in of_kind(objects, "Service"):
        for problem in _service(service, pods):
            yield f"{label_of(service)}: {problem}"
    yield from _stateful_sets(objects, pods)
    for item in objects:
        for name, port in _backends(item):
            if missing := _backend_problem(objects, name, port):
                yield f"{label_of(item)}: {missing}"
    yield from _monitors(objects, pods)
    yield from _budgets(objects, pods)


def _disjoint(pods: Sequence[Workload]) -> Iterator[str]:
    for workload in pods:
        selector = workload.object["spec"].get("selector")
        if workload.object["kind"] not in ("Deployment", "StatefulSet"):
            continue
        if not selector or not selects(selector, workload.labels):
            yield f"{workload.name}: its selector does not match its own pods"
        for other in pods:
            if other is not workload and selects(selector, other.labels):
                yield f"{workload.name}: its selector also matches the pods of {other.name}"


def _probes(workload: Workload) -> Iterator[str]:
    for container in workload.spec.get("containers", []):
        declared = container.get("ports") or []
        own = {value for port in declared for value in (port["containerPort"], port.get("name"))}
        for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
            probe = container.get(kind) or {}
            for action in ("httpGet", "tcpSocket", "grpc"):
                port = (probe.get(action) or {}).get("port")
                if port is not None and port not in own:
                    yield f"{kind} of {container['name']}: there is no port {port}"


def _spread(workload: Workload) -> Iterator[str]:
    for constraint in workload.spec.get("topologySpreadConstraints") or []:
        if not selects(constraint.get("labelSelector"), workload.labels):
            yield f"topology spread over {constraint['topologyKey']} does not count its own pods"
    affinity = (workload.spec.get("affinity") or {}).get("podAntiAffinity") or {}
    terms = [
        *(affinity.get("requiredDuringSchedulingIgnoredDuringExecution") or []),
        *(
            term["podAffinityTerm"]
            for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution") or []
        ),
    ]
    for term in terms:
        if not selects(term.get("labelSelector"), workload.labels):
            yield "the anti-affinity does not concern its own pods"


def _service(service: Object, pods: Sequence[Workload]) -> Iterator[str]:
    spec = service["spec"]
    if spec.get("type") == "ExternalName":
        return
    if not spec.get("selector"):
        yield "no selector"
        return
    matched = [pod for pod in pods if selects({"matchLabels": spec["selector"]}, pod.labels)]
    if (
        len({pod.name for pod in matched}) != 1
        and "statefulset.kubernetes.io/pod-name" not in spec["selector"]
    ):
        yield f"its selector matches {[pod.name for pod in matched]}, not one workload"
    for pod in matched:
        ports = container_ports(pod)
        for port in spec.get("ports") or []:
            target = port.get("targetPort", port["port"])
            if target not in ports:
                yield f"{pod.name} has no port {target}"


def _stateful_sets(objects: Sequence[Object], pods: Sequence[Workload]) -> Iterator[str]:
    for workload in pods:
        if workload.object["kind"] != "StatefulSet":
            continue
        name = workload.object["spec"].get("serviceName")
        service = next(
            (item for item in of_kind(objects, "Service") if item["metadata"]["name"] == name), None
        )
        if service is None:
            yield f"{workload.name}: there is no Service {name}"
        elif service["spec"].get("clusterIP") != "None":
            yield f"{workload.name}: Service {name} is not headless, so its pods have no address each"
        elif not selects({"matchLabels": service["spec"]["selector"]}, workload.labels):
            yield f"{workload.name}: Service {name} selects other pods"


def _backends(item: Object) -> Iterator[tuple[str, int | str]]:
    """Name and port of each Service that an Ingress or a route sends requests to."""
    match item["kind"]:
        case "Ingress":
            for rule in item["spec"].get("rules") or []:
                for path in (rule.get("http") or {}).get("paths") or []:
                    service = path["backend"]["service"]
                    yield service["name"], service["port"].get("number", service["port"].get("name"))
        case "HTTPRoute":
            for rule in item["spec"]["rules"]:
                for backend in rule.get("backendRefs") or []:
                    yield backend["name"], backend["port"]
        case "IngressRoute":
            for route in item["spec"]["routes"]:
                for service in route.get("services") or []:
                    yield service["name"], service["port"]
        case _:
            pass


def _backend_problem(objects: Sequence[Object], name: str, port: int | str) -> str | None:
    for service in of_kind(objects, "Service"):
        if service["metadata"]["name"] == name:
            ports = [
                value for entry in service["spec"]["ports"] for value in (entry["port"], entry.get("name"))
            ]
            return None if port in ports else f"Service {name} has no port {port}"
    return f"there is no Service {name}"


def _monitors(objects: Sequence[Object], pods: Sequence[Workload]) -> Iterator[str]:
    for monitor in of_kind(objects, "ServiceMonitor", "PodMonitor"):
        spec = monitor["spec"]
        if monitor["kind"] == "ServiceMonitor":
            found: list[tuple[str, set[Any]]] = [
                (label_of(service), {port.get("name") for port in service["spec"]["ports"]})
                for service in of_kind(objects, "Service")
                if selects(spec["selector"], service["metadata"].get("labels") or {})
            ]
            endpoints = spec["endpoints"]
        else:
            selected = [pod for pod in pods if selects(spec["selector"], pod.labels)]
            found = [(pod.name, set(container_ports(pod))) for pod in selected]
            endpoints = spec["podMetricsEndpoints"]
        if not found:
            yield f"{label_of(monitor)} selects nothing"
        for name, ports in found:
            for endpoint in endpoints:
                if endpoint["port"] not in ports:
                    yield f"{label_of(monitor)}: {name} has no port {endpoint['port']}"


def _budgets(objects: Sequence[Object], pods: Sequence[Workload]) -> Iterator[str]:
    for budget in of_kind(objects, "PodDisruptionBudget"):
        spec = budget["spec"]
        matched = [pod.name for pod in pods if selects(spec["selector"], pod.labels)]
        if len(matched) != 1:
            yield f"{label_of(budget)} selects {matched}, not one workload"
        if ("minAvailable" in spec) == ("maxUnavailable" in spec):
            yield f"{label_of(budget)} needs either minAvailable or maxUnavailable"
        if spec.get("maxUnavailable") in (0, "0%") or spec.get("minAvailable") == "100%":
            yield f"{label_of(budget)} lets no node drain"
        yield from _too_strict(budget, pods)


def _too_strict(budget: Mapping[str, Any], pods: Sequence[Workload]) -> Iterator[str]:
    min_available = budget["spec"].get("minAvailable")
    for pod in pods:
        replicas = pod.object["spec"].get("replicas")
        if not selects(budget["spec"]["selector"], pod.labels) or not isinstance(min_available, int):
            continue
        if replicas is not None and min_available >= replicas:
            yield f"{label_of(budget)}: {min_available} of {replicas} must be available: no node drains"
