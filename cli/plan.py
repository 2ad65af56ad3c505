"""Which processes make up a system on this machine, and what each is told. No I/O."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass

SERVICES = ("edge", "stt", "brain", "tts", "recorder")
_PORTS = {
    "nats": 4222,
    "nats-monitor": 8222,
    "edge": 8080,
    "stt": 8081,
    "brain": 8082,
    "tts": 8083,
    "recorder": 8084,
    "twilio": 9001,
    "deepgram": 9002,
    "openai": 9003,
    "elevenlabs": 9004,
}
SANDBOX_SID = "AC" + "5a" * 16
SANDBOX_TOKEN = "sandbox"  # noqa: S105 - signs calls on this machine only


@dataclass(frozen=True, slots=True)
class Vendor:
    """An outside service: the variables of its key and address, and how its stand-in is addressed."""

    name: str
    key_variable: str
    url_variable: str
    path: str = ""


VENDORS = (
    Vendor("twilio", "TWILIO_AUTH_TOKEN", "PARLEY_TWILIO_URL"),
    Vendor("deepgram", "DEEPGRAM_API_KEY", "PARLEY_DEEPGRAM_URL"),
    Vendor("openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "/v1"),
    Vendor("elevenlabs", "ELEVENLABS_API_KEY", "PARLEY_ELEVENLABS_URL"),
)


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each process listens."""

    by_name: Mapping[str, int]

    def url(self, name: str) -> str:
        """HTTP address of a process."""
        return f"http://127.0.0.1:{self.by_name[name]}"


def usual_ports() -> Ports:
    """The documented ones."""
    return Ports(_PORTS)


def port_names() -> tuple[str, ...]:
    """All that need one."""
    return tuple(_PORTS)


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A process to start."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    ready_url: str
    """Answers 200 once the process can work."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole system."""

    nats: ProcessSpec | None
    """None when PARLEY_NATS_URL names a bus that runs already."""
    starts_postgres: bool
    processes: tuple[ProcessSpec, ...]
    env: Mapping[str, str]
    """What all processes are told."""
    real: tuple[str, ...]
    """Vendors that are the real ones, or stand-ins that somebody else runs."""
    edge_url: str
    sandbox_urls: Mapping[str, str]

    @property
    def standing_in(self) -> tuple[str, ...]:
        """Vendors whose stand-in is started."""
        return tuple(vendor.name for vendor in VENDORS if vendor.name not in self.real)


def is_real(vendor: Vendor, environment: Mapping[str, str]) -> bool:
    """Whether the environment names the vendor's key, or an address of its own."""
    return bool(environment.get(vendor.key_variable) or environment.get(vendor.url_variable))


def plan(
    environment: Mapping[str, str],
    ports: Ports,
    home: str,
    program_folder: str,
    overrides: Mapping[str, str] | None = None,
) -> Plan:
    """The system for this environment: real where a key is given, stand-ins for the rest."""
    real = tuple(vendor.name for vendor in VENDORS if is_real(vendor, environment))
    nats_url = environment.get("PARLEY_NATS_URL", "")
    env = {
        **environment,
        "PARLEY_NATS_URL": nats_url or f"nats://127.0.0.1:{ports.by_name['nats']}",
        "PARLEY_RECORDINGS_URL": environment.get("PARLEY_RECORDINGS_URL") or f"file://{home}/recordings",
        "PARLEY_LOG_FORMAT": "json",
        "PYTHONUNBUFFERED": "1",
        **{f"PARLEY_{name.upper()}_PORT": str(ports.by_name[name]) for name in SERVICES},
        **_vendor_env(real, environment, ports),
        **(overrides or {}),
    }
    services = [_service(name, env, ports) for name in SERVICES]
    stand_ins = [_stand_in(vendor.name, env, ports) for vendor in VENDORS if vendor.name not in real]
    return Plan(
        nats=None if nats_url else _nats(ports, home, program_folder),
        starts_postgres=not environment.get("PARLEY_POSTGRES_URL"),
        processes=(*stand_ins, *services),
        env=env,
        real=real,
        edge_url=ports.url("edge"),
        sandbox_urls={vendor.name: ports.url(vendor.name) for vendor in VENDORS if vendor.name not in real},
    )


def _vendor_env(real: tuple[str, ...], environment: Mapping[str, str], ports: Ports) -> dict[str, str]:
    told: dict[str, str] = {}
    for vendor in VENDORS:
        if vendor.name in real:
            continue
        told[vendor.url_variable] = ports.url(vendor.name) + vendor.path
        told[f"PARLEY_SANDBOX_{vendor.name.upper()}_PORT"] = str(ports.by_name[vendor.name])
        told[vendor.key_variable] = SANDBOX_TOKEN
    if "twilio" not in real:
        edge = ports.url("edge")
        told |= {
            "TWILIO_ACCOUNT_SID": SANDBOX_SID,
            "PARLEY_PUBLIC_URL": environment.get("PARLEY_PUBLIC_URL") or edge,
            "PARLEY_SANDBOX_VOICE_URL": f"{edge}/voice",
            "PARLEY_SANDBOX_STATUS_URL": f"{edge}/status",
            "PARLEY_SANDBOX_FALLBACK_URL": f"{edge}/fallback",
            "PARLEY_FROM_NUMBER": environment.get("PARLEY_FROM_NUMBER") or "+15550100000",
        }
    return told


def _service(name: str, env: Mapping[str, str], ports: Ports) -> ProcessSpec:
    return ProcessSpec(name, (sys.executable, "-m", f"services.{name}"), env, f"{ports.url(name)}/readyz")


def _stand_in(name: str, env: Mapping[str, str], ports: Ports) -> ProcessSpec:
    argv = (sys.executable, "-m", f"sandbox.{name}")
    return ProcessSpec(f"sandbox-{name}", argv, env, f"{ports.url(name)}/sandbox/health")


def _nats(ports: Ports, home: str, program_folder: str) -> ProcessSpec:
    argv = (
        f"{program_folder}/nats-server",
        *("--jetstream", "--store_dir", f"{home}/nats"),
        *("--addr", "127.0.0.1", "--port", str(ports.by_name["nats"])),
        *("--http_port", str(ports.by_name["nats-monitor"])),
    )
    return ProcessSpec("nats", argv, {}, f"{ports.url('nats-monitor')}/healthz")


def described(plan_: Plan) -> str:
    """Which vendors are real: one line for people."""
    real = ", ".join(plan_.real) or "none"
    return f"real vendors: {real}; sandbox: {', '.join(plan_.standing_in) or 'none'}"


def to_json(edge_url: str, sandbox_urls: Mapping[str, str], env: Mapping[str, str]) -> str:
    """What `parley call` needs to know of a running system; holds no key."""
    shared = ("PARLEY_NATS_URL", "PARLEY_POSTGRES_URL", "PARLEY_RECORDINGS_URL")
    told = {name: env[name] for name in shared if name in env}
    return json.dumps({"edge_url": edge_url, "sandbox_urls": dict(sandbox_urls), **told}, indent=2)
