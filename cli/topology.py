"""The processes of a system on this machine, with their environment. No I/O."""

import json
import secrets
import sys
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from cli.ports import SERVICES, SINGLE, Ports, Size, numbered
from cli.providers import PROVIDERS, SANDBOX_SID, SANDBOX_TOKEN, Provider, emulated_providers, is_real

_CLUSTER_CONFIG = Path(__file__).parent.parent / "deploy" / "nats-cluster.conf"

_MODULES = {"openai": "language_models"}
"""Modules of emulators that are not named like their provider."""
_SECRET_SUFFIXES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD")
"""Third-party providers may also have variables that begin with PARLEY_."""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """The command, environment and readiness URL of a process to start."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready_url: str
    """Responds with 200 once the process is ready. A service serves /metrics at the same port."""


@dataclass(frozen=True, slots=True)
class Topology:
    """The processes of a whole system, and the environment that they share."""

    nats: tuple[ProcessSpec, ...]
    """Empty when PARLEY_NATS_URL names a running server."""
    starts_postgres: bool
    processes: tuple[ProcessSpec, ...]
    env: Mapping[str, str]
    """Environment of all processes."""
    real_providers: tuple[str, ...]
    """Providers that are real, or emulators outside this system."""
    edge_url: str
    sandbox_urls: Mapping[str, str]


def build_topology(
    environment: Mapping[str, str],
    ports: Ports,
    home: str,
    program_folder: str,
    overrides: Mapping[str, str] | None = None,
    size: Size = SINGLE,
    unused: Collection[str] = (),
) -> Topology:
    """The system for this environment: real providers where there is a key, emulators for the rest.

    `unused` are providers that no agent of the system names, so that no emulator replaces them.
    """
    emulated = tuple(
        provider for provider in emulated_providers(environment) if provider.process not in unused
    )
    real = tuple(provider.name for provider in PROVIDERS if is_real(provider, environment))
    nats_url = environment.get("PARLEY_NATS_URL", "")
    env = {
        **environment,
        "PARLEY_NATS_URL": nats_url or _nats_url(ports, size),
        "PARLEY_NATS_REPLICAS": environment.get("PARLEY_NATS_REPLICAS") or str(size.nats_nodes),
        "PARLEY_RECORDINGS_URL": environment.get("PARLEY_RECORDINGS_URL") or f"file://{home}/recordings",
        "PARLEY_SYSTEM_ID": environment.get("PARLEY_SYSTEM_ID") or secrets.token_hex(8),
        "PARLEY_LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
        **{f"PARLEY_{name.upper()}_PORT": str(ports.by_name[name]) for name in SERVICES},
        "PARLEY_EDGE_METRICS_PORT": str(ports.by_name["edge-metrics"]),
        **_provider_env(emulated, environment, ports),
        **(overrides or {}),
    }
    numbers = range(1, size.copies + 1)
    services = [
        _edge(n, env, ports, shared=size.copies > 1, emulates_twilio="twilio" not in real)
        if name == "edge"
        else _service(name, n, env, ports)
        for n in numbers
        for name in SERVICES
    ]
    emulators = [_emulator(provider.name, env, ports) for provider in emulated if not provider.host]
    return Topology(
        nats=() if nats_url else _nats(ports, home, program_folder, size),
        starts_postgres=not environment.get("PARLEY_POSTGRES_URL"),
        processes=(*emulators, *services),
        env=env,
        real_providers=real,
        edge_url=ports.url("edge"),
        sandbox_urls={provider.name: _emulator_url(provider, ports) for provider in emulated},
    )


def _emulator_url(provider: Provider, ports: Ports) -> str:
    """The address of an emulator's own routes, such as /sandbox/log."""
    return ports.url(provider.process) + (provider.path if provider.host else "")


def _provider_env(
    emulated: tuple[Provider, ...], environment: Mapping[str, str], ports: Ports
) -> dict[str, str]:
    env: dict[str, str] = {}
    for provider in emulated:
        env[provider.url_variable] = ports.url(provider.process) + provider.path
        if not provider.host:
            env[f"PARLEY_SANDBOX_{provider.name.upper()}_PORT"] = str(ports.by_name[provider.name])
        env |= {provider.key_variable: SANDBOX_TOKEN, **dict(provider.more)}
    if any(provider.name == "twilio" for provider in emulated):
        edge = ports.url("edge")
        env |= {
            "TWILIO_ACCOUNT_SID": SANDBOX_SID,
            "PARLEY_PUBLIC_URL": environment.get("PARLEY_PUBLIC_URL") or edge,
            "PARLEY_SANDBOX_VOICE_URL": f"{edge}/voice",
            "PARLEY_SANDBOX_STATUS_URL": f"{edge}/status",
            "PARLEY_SANDBOX_FALLBACK_URL": f"{edge}/fallback",
            "PARLEY_FROM_NUMBER": environment.get("PARLEY_FROM_NUMBER") or "+15550100000",
        }
    return env


def _service(name: str, number: int, env: Mapping[str, str], ports: Ports) -> ProcessSpec:
    process = numbered(name, number)
    own_env = {**env, f"PARLEY_{name.upper()}_PORT": str(ports.by_name[process])}
    return ProcessSpec(
        process, (sys.executable, "-m", f"services.{name}"), own_env, f"{ports.url(process)}/readyz"
    )


def _edge(
    number: int, env: Mapping[str, str], ports: Ports, *, shared: bool, emulates_twilio: bool
) -> ProcessSpec:
    """An edge; several share the webhook port, and streams are opened at each edge's direct port."""
    metrics = numbered("edge-metrics", number)
    own_env = {**env, "PARLEY_EDGE_METRICS_PORT": str(ports.by_name[metrics])}
    if shared:
        direct = f"edge-direct-{number}"
        own_env |= {"PARLEY_EDGE_REUSE_PORT": "true", "PARLEY_EDGE_DIRECT_PORT": str(ports.by_name[direct])}
        if emulates_twilio:
            # The real Twilio cannot reach ports of this machine directly.
            own_env["PARLEY_EDGE_DIRECT_URL"] = ports.url(direct)
    argv = (sys.executable, "-m", "services.edge")
    return ProcessSpec(numbered("edge", number), argv, own_env, f"{ports.url(metrics)}/readyz")


def _emulator(name: str, env: Mapping[str, str], ports: Ports) -> ProcessSpec:
    argv = (sys.executable, "-m", f"sandbox.{_MODULES.get(name, name)}")
    return ProcessSpec(f"sandbox-{name}", argv, env, f"{ports.url(name)}/sandbox/health")


def _nats_url(ports: Ports, size: Size) -> str:
    nodes = (numbered("nats", n) for n in range(1, size.nats_nodes + 1))
    return ",".join(f"nats://127.0.0.1:{ports.by_name[node]}" for node in nodes)


def _nats(ports: Ports, home: str, program_folder: str, size: Size) -> tuple[ProcessSpec, ...]:
    return tuple(_nats_node(n, ports, home, program_folder, size) for n in range(1, size.nats_nodes + 1))


def _nats_node(number: int, ports: Ports, home: str, program_folder: str, size: Size) -> ProcessSpec:
    name, monitor = numbered("nats", number), numbered("nats-monitor", number)
    routes = [f"nats://127.0.0.1:{ports.by_name[route]}" for route in ports.by_name if "route" in route]
    cluster = (
        *("--config", str(_CLUSTER_CONFIG)),
        *("--server_name", name, "--cluster_name", "parley"),
        *("--cluster", f"nats://127.0.0.1:{ports.by_name.get(f'nats-route-{number}', 0)}"),
        *("--routes", ",".join(routes)),
    )
    argv = (
        f"{program_folder}/nats-server",
        *("--jetstream", "--store_dir", f"{home}/{name}"),
        *("--addr", "127.0.0.1", "--port", str(ports.by_name[name])),
        *("--http_port", str(ports.by_name[monitor])),
        *(cluster if size.nats_nodes > 1 else ()),
    )
    return ProcessSpec(name, argv, {}, f"{ports.url(monitor)}/healthz")


def to_json(edge_url: str, sandbox_urls: Mapping[str, str], env: Mapping[str, str]) -> str:
    """The state file that `parley call` reads; contains no key."""
    state = {"edge_url": edge_url, "sandbox_urls": dict(sandbox_urls), "environment": _shareable(env)}
    return json.dumps(state, indent=2)


def _shareable(env: Mapping[str, str]) -> dict[str, str]:
    """The variables of this system without real credentials, which the user's own environment has."""
    ours = {name for p in PROVIDERS for name in (p.key_variable, p.url_variable)} | {"TWILIO_ACCOUNT_SID"}
    named = {name: value for name, value in env.items() if name.startswith("PARLEY_") or name in ours}
    secret = {name for name in named if name.endswith(_SECRET_SUFFIXES)}
    return {name: value for name, value in named.items() if name not in secret or value == SANDBOX_TOKEN}
