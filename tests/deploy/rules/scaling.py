"""Autoscalers have an existing target each, which no other one scales, and read what the bus really has."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from parley.bus.stream_config import consumer_name
from parley.bus.subjects import STAGES
from tests.deploy.objects import Object, label_of, of_kind


def scaling_problems(objects: Sequence[Object]) -> Iterator[str]:
    """Targets that do not exist or are scaled twice, replica counts that an upgrade would reset, triggers."""
    scalers = of_kind(objects, "ScaledObject", "HorizontalPodAutoscaler")
    targets = Counter(_target(scaler) for scaler in scalers)
    yield from (
        f"{kind}/{name} is scaled by {count} objects" for (kind, name), count in targets.items() if count > 1
    )
    for scaler in scalers:
        kind, name = _target(scaler)
        found = [item for item in of_kind(objects, kind) if item["metadata"]["name"] == name]
        if not found:
            yield f"{label_of(scaler)}: there is no {kind} {name}"
            continue
        if "replicas" in found[0]["spec"]:
            yield f"{label_of(scaler)}: {kind}/{name} has replicas, to which every upgrade would return"
        for problem in [*_limits(scaler), *_triggers(scaler, found[0], objects)]:
            yield f"{label_of(scaler)}: {problem}"
    for item in of_kind(objects, "Deployment", "StatefulSet"):
        if "replicas" not in item["spec"] and (item["kind"], item["metadata"]["name"]) not in targets:
            yield f"{label_of(item)} has neither replicas nor an autoscaler"


def _target(scaler: Object) -> tuple[str, str]:
    reference = scaler["spec"]["scaleTargetRef"]
    return reference.get("kind", "Deployment"), reference["name"]


def _limits(scaler: Object) -> Iterator[str]:
    spec = scaler["spec"]
    low = spec.get("minReplicaCount", spec.get("minReplicas", 1))
    high = spec.get("maxReplicaCount", spec.get("maxReplicas"))
    if low < 1:
        yield "a stage without a pod answers its first call seconds late"
    if high is None or high < low:
        yield f"at least {low}, at most {high} pods"


def _triggers(scaler: Object, target: Object, objects: Sequence[Object]) -> Iterator[str]:
    if scaler["kind"] != "ScaledObject":
        return
    triggers = scaler["spec"]["triggers"]
    if not triggers:
        yield "no trigger"
    for trigger in triggers:
        metadata = trigger["metadata"]
        if any(not isinstance(value, str) for value in metadata.values()):
            yield f"trigger {trigger['type']}: all metadata must be text"
        if trigger["type"] == "nats-jetstream":
            yield from _work_queue(metadata, target)
        reference = (trigger.get("authenticationRef") or {}).get("name")
        rendered = [item["metadata"]["name"] for item in of_kind(objects, "TriggerAuthentication")]
        if reference and reference not in rendered and not reference.startswith("given-"):
            yield f"there is no TriggerAuthentication {reference}"


def _work_queue(metadata: dict[str, Any], target: Object) -> Iterator[str]:
    stages = [stage for stage in STAGES if metadata.get("consumer") == consumer_name(stage)]
    if metadata.get("stream") != "WORK" or not stages:
        yield f"there is no consumer {metadata.get('consumer')} of stream {metadata.get('stream')}"
    elif not target["metadata"]["name"].endswith(stages[0]):
        yield f"{target['metadata']['name']} is scaled on the work of {stages[0]}"
    if not str(metadata.get("lagThreshold", "")).isdigit() or int(metadata["lagThreshold"]) < 1:
        yield f"lagThreshold {metadata.get('lagThreshold')!r} is not a number of calls per pod"
    unknown = set(metadata) - {
        "natsServerMonitoringEndpoint",
        "account",
        "stream",
        "consumer",
        "lagThreshold",
        "activationLagThreshold",
        "useHttps",
    }
    if unknown:
        yield f"the nats-jetstream scaler does not know {sorted(unknown)}"
    for needed in ("natsServerMonitoringEndpoint", "account"):
        if not metadata.get(needed):
            yield f"the nats-jetstream scaler needs {needed}"
