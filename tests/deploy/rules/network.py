"""Computes from NetworkPolicies which pod may connect to which port: both ends must allow it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.deploy.helm import NAMESPACE
from tests.deploy.objects import Object, Workload, container_ports, of_kind, selects, workloads

COMPONENT = "app.kubernetes.io/component"


@dataclass(frozen=True)
class Arrow:
    """One pod may connect to a port of another."""

    source: str
    target: str
    port: int


@dataclass(frozen=True)
class Outbound:
    """One pod may connect to a port outside the release."""

    source: str
    peer: str
    port: int
    protocol: str = "TCP"


@dataclass(frozen=True)
class Inbound:
    """Something outside the release may connect to a port of a pod."""

    peer: str
    target: str
    port: int


def arrows(objects: Sequence[Object]) -> set[Arrow]:
    """All connections between pods of the release that the policies allow."""
    pods = [*workloads(objects)]
    policies = of_kind(objects, "NetworkPolicy")
    return {
        Arrow(_role(source), _role(target), port)
        for source in pods
        for target in pods
        for port in set(container_ports(target).values())
        if _leaves(policies, source, target, port) and _enters(policies, source, target, port)
    }


def unprotected(objects: Sequence[Object]) -> Iterator[str]:
    """Pods for which no policy restricts the one or the other direction."""
    policies = of_kind(objects, "NetworkPolicy")
    for pod in workloads(objects):
        for direction in ("Ingress", "Egress"):
            if not [*_applying(policies, pod, direction)]:
                yield f"{pod.name}: no policy restricts its {direction.lower()}"


def unmatched(objects: Sequence[Object]) -> Iterator[str]:
    """Selectors of policies that match no pod of the release: misspelt, or left over."""
    pods = [*workloads(objects)]
    for policy in of_kind(objects, "NetworkPolicy"):
        name = f"NetworkPolicy/{policy['metadata']['name']}"
        if not any(selects(policy["spec"]["podSelector"], pod.labels) for pod in pods):
            yield f"{name} applies to no pod"
        for direction, side in (("ingress", "from"), ("egress", "to")):
            for rule in policy["spec"].get(direction) or []:
                for peer in rule.get(side) or []:
                    own = "podSelector" in peer and "namespaceSelector" not in peer
                    if own and not any(selects(peer["podSelector"], pod.labels) for pod in pods):
                        yield f"{name}: {direction} of {peer['podSelector']} matches no pod"


def outbound(objects: Sequence[Object]) -> set[Outbound]:
    """Connections that pods may open to addresses outside the release."""
    policies = of_kind(objects, "NetworkPolicy")
    return {
        Outbound(_role(pod), _peer(peer), port, protocol)
        for pod in workloads(objects)
        for policy in _applying(policies, pod, "Egress")
        for rule in policy["spec"].get("egress") or []
        for peer in rule.get("to") or [{}]
        if _is_outside(peer)
        for port, protocol in _ports(rule, pod=None)
    }


def inbound(objects: Sequence[Object]) -> set[Inbound]:
    """Connections that something outside the release may open to pods."""
    policies = of_kind(objects, "NetworkPolicy")
    return {
        Inbound(_peer(peer), _role(pod), port)
        for pod in workloads(objects)
        for policy in _applying(policies, pod, "Ingress")
        for rule in policy["spec"].get("ingress") or []
        for peer in rule.get("from") or [{}]
        if _is_outside(peer)
        for port, _ in _ports(rule, pod=pod)
    }


def _role(pod: Workload) -> str:
    return pod.labels.get(COMPONENT, pod.name)


def _applying(policies: Sequence[Object], pod: Workload, direction: str) -> Iterator[Object]:
    for policy in policies:
        spec = policy["spec"]
        # Without policyTypes a policy restricts ingress, and egress if it has such rules.
        types = spec.get("policyTypes") or ["Ingress", *(["Egress"] if "egress" in spec else [])]
        if direction in types and selects(spec["podSelector"], pod.labels):
            yield policy


def _leaves(policies: Sequence[Object], source: Workload, target: Workload, port: int) -> bool:
    applying = [*_applying(policies, source, "Egress")]
    return not applying or any(
        _allows(rule, "to", target, target, port)
        for policy in applying
        for rule in policy["spec"].get("egress") or []
    )


def _enters(policies: Sequence[Object], source: Workload, target: Workload, port: int) -> bool:
    applying = [*_applying(policies, target, "Ingress")]
    return not applying or any(
        _allows(rule, "from", source, target, port)
        for policy in applying
        for rule in policy["spec"].get("ingress") or []
    )


def _allows(rule: Mapping[str, Any], side: str, peer_pod: Workload, target: Workload, port: int) -> bool:
    if (port, "TCP") not in _ports(rule, pod=target) and rule.get("ports"):
        return False
    peers = rule.get(side)
    return not peers or any(_is_peer(peer, peer_pod) for peer in peers)


def _is_peer(peer: Mapping[str, Any], pod: Workload) -> bool:
    if "ipBlock" in peer:
        # Pods have private addresses, which a rule for the whole internet excludes or not.
        block = peer["ipBlock"]
        return block["cidr"] in ("0.0.0.0/0", "::/0") and not block.get("except")
    own = {"kubernetes.io/metadata.name": NAMESPACE}
    if "namespaceSelector" in peer and not selects(peer["namespaceSelector"], own):
        return False
    return selects(peer.get("podSelector", {}), pod.labels)


def _is_outside(peer: Mapping[str, Any]) -> bool:
    return not peer or "ipBlock" in peer or "namespaceSelector" in peer


def _peer(peer: Mapping[str, Any]) -> str:
    """A short text for a peer: `anything`, a block of addresses, or the labels of namespace and pods."""
    if not peer:
        return "anything"
    if "ipBlock" in peer:
        return str(peer["ipBlock"]["cidr"])
    parts = [_labels(peer["namespaceSelector"]), _labels(peer.get("podSelector") or {})]
    return "/".join(part or "any" for part in parts)


def _labels(selector: Mapping[str, Any]) -> str:
    terms = [f"{value}" for value in (selector.get("matchLabels") or {}).values()]
    terms += [f"{term['key']} {term['operator']}" for term in selector.get("matchExpressions") or []]
    return ",".join(terms)


def _ports(rule: Mapping[str, Any], pod: Workload | None) -> list[tuple[int, str]]:
    """Ports of a rule; a named one is looked up in the pod. Port 0 stands for all ports."""
    found: list[tuple[int, str]] = []
    for entry in rule.get("ports") or [{}]:
        port = entry.get("port", 0)
        if isinstance(port, str):
            port = container_ports(pod).get(port, -1) if pod else -1
        found += [
            (number, entry.get("protocol", "TCP")) for number in range(port, entry.get("endPort", port) + 1)
        ]
    return found
