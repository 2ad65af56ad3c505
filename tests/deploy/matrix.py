"""Combinations of the chart's values: what an operator decides, each decision with its alternatives."""

import itertools
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Values = dict[str, Any]

_LABELS = {"matchLabels": {"kubernetes.io/metadata.name": "ingress"}}
_PEERS = {
    "dns": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}}],
    "ingressController": [{"namespaceSelector": _LABELS}],
    "prometheus": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}],
    "nats": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "nats"}}}],
    "postgres": [{"ipBlock": {"cidr": "10.1.2.3/32"}}],
    "collector": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "telemetry"}}}],
}
_OVERRIDES: Values = {
    "commonLabels": {"team": "voice"},
    "settings": {"PARLEY_LOG_LEVEL": "warning", "PARLEY_START_TIMEOUT_S": 60},
    "drainTimeoutSeconds": 45.5,
    "image": {
        "registry": "registry.example.com/team",
        "digests": {"edge": f"sha256:{'a' * 64}"},
        "pullSecrets": [{"name": "given-pull"}],
    },
    "defaults": {
        "podLabels": {"tier": "call"},
        "podAnnotations": {"example.com/note": "yes"},
        "nodeSelector": {"pool": "calls"},
        "tolerations": [{"key": "calls", "operator": "Exists", "effect": "NoSchedule"}],
        "serviceAccount": {"annotations": {"example.com/role": "calls"}},
    },
    "brain": {
        "callsPerPod": 7,
        "settings": {"PARLEY_LLM_TOKEN_TIMEOUT_S": 2},
        "secretKeys": ["BOOKING_KEY"],
        "extraEnv": [{"name": "HTTPS_PROXY", "value": "http://proxy.example.com:3128"}],
        "extraVolumes": [{"name": "ca", "configMap": {"name": "given-ca"}}],
        "extraVolumeMounts": [{"name": "ca", "mountPath": "/ca", "readOnly": True}],
        "disruptionBudget": {"enabled": True, "maxUnavailable": "25%"},
    },
    "stt": {"disruptionBudget": {"enabled": False}},
    "edge": {"secretKeys": ["PARLEY_TWILIO_ACCOUNTS", "PARLEY_TWILIO_SIGNING_KEYS"]},
}
_NATS_SECRETS: Values = {
    "urlSecret": {"name": "given-nats", "key": "PARLEY_NATS_URL"},
    "credentialsSecret": {"name": "given-nats", "key": "nats.creds"},
    "caSecret": {"name": "given-nats", "key": "ca.crt"},
    "clientCertificateSecret": {"name": "given-nats-tls"},
    "replicas": 1,
}
_EXTERNAL_SECRET: Values = {
    "enabled": True,
    "storeRef": {"name": "vault", "kind": "SecretStore"},
    "data": {
        name: {"key": "calls/parley", "property": name.lower()}
        for name in (
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
            "PARLEY_API_KEY",
            "DEEPGRAM_API_KEY",
            "OPENAI_API_KEY",
            "ELEVENLABS_API_KEY",
            "PARLEY_POSTGRES_URL",
            "BOOKING_KEY",
        )
    },
}
_MONITORING: Values = {
    "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
    "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    "dashboards": {"enabled": True},
}
_GATEWAY: Values = {"parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}]}
_SMALL = {"replicas": 1, "autoscaling": {"minReplicas": 1, "maxReplicas": 1}}
_LARGE = {"replicas": 20, "autoscaling": {"minReplicas": 3, "maxReplicas": 40}}
_STAGES = ("edge", "stt", "brain", "tts", "recorder")

DECISIONS: Mapping[str, Mapping[str, Values]] = {
    "ingress": {
        "nginx": {"ingress": {"kind": "nginx", "annotations": {"example.com/a": "b"}}},
        "traefik": {"ingress": {"kind": "traefik", "className": "public"}},
        "gateway": {"ingress": {"kind": "gateway", "gateway": _GATEWAY}},
        "none": {"ingress": {"kind": "none"}, "publicUrl": "https://calls.example.com/voice-agent"},
    },
    "direct": {
        "path": {"ingress": {"direct": {"kind": "path"}}},
        "host": {"ingress": {"direct": {"kind": "host", "domain": "edges.example.com"}}},
        "none": {"ingress": {"direct": {"kind": "none"}}},
    },
    "tls": {
        "on": {"ingress": {"tls": {"enabled": True, "secretName": "given-tls"}}},
        "off": {"ingress": {"tls": {"enabled": False}}},
    },
    "scaling": {
        "none": {"autoscaling": {"kind": "none"}},
        "keda": {"autoscaling": {"kind": "keda"}},
        "keda with Prometheus": {
            "autoscaling": {
                "kind": "keda",
                "keda": {"prometheusAddress": "http://prometheus.monitoring:9090"},
            }
        },
        "hpa": {"autoscaling": {"kind": "hpa"}},
    },
    "servers": {
        "given": {},
        "given, with secrets": {"nats": _NATS_SECRETS},
        "trial": {"trial": {"enabled": True}},
        "trial with sandbox": {"trial": {"enabled": True, "sandbox": True}},
    },
    "policies": {
        "off": {},
        "open": {"networkPolicy": {"enabled": True}},
        "closed": {"networkPolicy": {"enabled": True, **_PEERS}},
    },
    "replicas": {"default": {}, "1": dict.fromkeys(_STAGES, _SMALL), "many": dict.fromkeys(_STAGES, _LARGE)},
    "monitoring": {
        "off": {},
        "on": {"monitoring": _MONITORING},
        "traces": {"monitoring": {"otlpEndpoint": "https://collector.telemetry.svc"}},
    },
    "secrets": {
        "given": {"secrets": {"existingSecret": "given-keys"}},
        "external": {"secrets": {"externalSecret": _EXTERNAL_SECRET}},
    },
    "recordings": {
        "bucket": {"recordings": {"url": "s3://bucket/recordings"}},
        "volume": {"recordings": {"volume": {"storageClassName": "shared"}}},
        "claim": {"recordings": {"url": "file:///data/r", "volume": {"existingClaim": "given-recordings"}}},
    },
    "agents": {
        "of the image": {},
        "files": {"agents": {"default": "sales", "files": {"sales.yaml": "name: Sales\n"}}},
        "ConfigMap": {"agents": {"existingConfigMap": "given-agents"}},
    },
    "addresses": {"IPv4": {}, "dual": {"listenHost": "::", "ipFamilyPolicy": "PreferDualStack"}},
    "migrations": {"on": {}, "off": {"migrations": {"enabled": False}}},
    "names": {
        "default": {},
        "long": {
            "fullnameOverride": "a-name-that-is-as-long-as-one-can-be-x",
            "trial": {"storageClassName": "fast"},
        },
    },
    "overrides": {"none": {}, "many": _OVERRIDES},
    "calls": {"private": {}, "public": {"ingress": {"publishCalls": True}}},
}
_PRODUCT = ("ingress", "direct", "tls", "scaling", "servers", "policies", "replicas")
"""Decisions that depend on each other; `make chart-matrix` renders all their combinations."""

Choice = dict[str, str]


def values_of(choice: Mapping[str, str]) -> Values:
    """The chart's values for one alternative of each decision; those not named keep the chart's defaults."""
    values: Values = {"host": "calls.example.com", "secrets": {"existingSecret": "given-keys"}}
    for decision, alternative in choice.items():
        _merge(values, DECISIONS[decision][alternative])
    return values


def _merge(values: Values, more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping):
            # A copy: the alternatives are shared by all combinations.
            values[key] = dict(values.get(key) or {})
            _merge(values[key], value)
        else:
            values[key] = value


def tuples(size: int) -> list[Choice]:
    """Choices that contain every combination of alternatives of any `size` decisions."""
    pairs = {
        decision: [(decision, alternative) for alternative in DECISIONS[decision]] for decision in DECISIONS
    }
    groups = [*itertools.combinations(DECISIONS, size)]
    left = {
        frozenset(combination)
        for group in groups
        for combination in itertools.product(*(pairs[decision] for decision in group))
    }
    choices: list[Choice] = []
    while left:
        choice: Choice = dict(min(left, key=sorted))
        for decision in DECISIONS:
            if decision not in choice:
                gains = {one: _gain(choice, (decision, one), left, size) for one in DECISIONS[decision]}
                choice[decision] = max(gains, key=lambda one: gains[one])
        left -= {frozenset(group) for group in itertools.combinations(choice.items(), size)}
        choices.append({decision: choice[decision] for decision in DECISIONS})
    return choices


def _gain(choice: Choice, more: tuple[str, str], left: set[frozenset[tuple[str, str]]], size: int) -> int:
    """The number of combinations that are missing yet, and that a choice gets by one more decision."""
    return sum(
        frozenset((*others, more)) in left for others in itertools.combinations(choice.items(), size - 1)
    )


def product() -> Iterator[Choice]:
    """Every combination of the decisions that depend on each other, with the others chosen at random."""
    generator = random.Random(15)
    rest = [decision for decision in DECISIONS if decision not in _PRODUCT]
    for row in itertools.product(*(DECISIONS[decision] for decision in _PRODUCT)):
        choice = dict(zip(_PRODUCT, row, strict=True))
        yield choice | {decision: generator.choice([*DECISIONS[decision]]) for decision in rest}


def name_of(choice: Mapping[str, str]) -> str:
    """Short text for a combination."""
    return ", ".join(f"{decision}={alternative}" for decision, alternative in choice.items())


CHOSEN: Sequence[Choice] = (
    {},
    {"servers": "trial with sandbox", "ingress": "none", "tls": "off"},
    {
        "servers": "trial with sandbox",
        "ingress": "none",
        "tls": "off",
        "policies": "closed",
        "scaling": "keda",
    },
    {"servers": "trial", "secrets": "external"},
    {"scaling": "keda", "replicas": "many", "ingress": "gateway", "direct": "path"},
    {"scaling": "keda", "replicas": "many", "ingress": "gateway", "direct": "host", "names": "long"},
    {"policies": "closed", "monitoring": "traces", "servers": "given, with secrets"},
)
"""Combinations that are worth a look for themselves, all others at the chart's defaults."""
