"""Tests of the processes of a system and their environment."""

import json

from cli.ports import Ports, Size, default_ports, port_names
from cli.providers import SANDBOX_TOKEN
from cli.topology import build_topology, to_json

PORTS = Ports({name: 5000 + number for number, name in enumerate(port_names())})


def test_without_keys_every_provider_is_emulated() -> None:
    """Only the providers' addresses change for the services."""
    topology = build_topology({}, PORTS, "/home", "/bin")

    assert topology.real_providers == ()
    assert [spec.name for spec in topology.processes[:4]] == [
        "sandbox-twilio",
        "sandbox-deepgram",
        "sandbox-openai",
        "sandbox-elevenlabs",
    ]
    assert topology.env["OPENAI_BASE_URL"] == PORTS.url("openai") + "/v1"
    assert [spec.name for spec in topology.nats] == ["nats"]
    assert topology.starts_postgres


def test_a_key_selects_the_real_provider() -> None:
    """Its emulator is not started, and its address is unchanged."""
    topology = build_topology({"OPENAI_API_KEY": "sk-1"}, PORTS, "/home", "/bin")

    assert topology.real_providers == ("openai",)
    assert "OPENAI_BASE_URL" not in topology.env
    assert "sandbox-openai" not in [spec.name for spec in topology.processes]
    assert topology.env["OPENAI_API_KEY"] == "sk-1"


def test_an_address_replaces_the_emulator() -> None:
    """The address may be that of any server with the same protocol."""
    topology = build_topology({"PARLEY_DEEPGRAM_URL": "http://127.0.0.1:1"}, PORTS, "/home", "/bin")

    assert topology.real_providers == ("deepgram",)
    assert topology.env["PARLEY_DEEPGRAM_URL"] == "http://127.0.0.1:1"


def test_running_servers_are_used() -> None:
    """NATS and Postgres are started only if no address is set."""
    topology = build_topology(
        {"PARLEY_NATS_URL": "nats://n:1", "PARLEY_POSTGRES_URL": "postgresql://p"}, PORTS, "/h", "/b"
    )

    assert topology.nats == ()
    assert not topology.starts_postgres
    assert topology.env["PARLEY_NATS_URL"] == "nats://n:1"


def test_the_real_twilio_uses_the_public_address_only() -> None:
    """Twilio cannot reach the direct ports of this machine."""
    size = Size(copies=2)
    topology = build_topology({"TWILIO_AUTH_TOKEN": "t"}, default_ports(size), "/home", "/bin", size=size)

    assert not any("PARLEY_EDGE_DIRECT_URL" in spec.env for spec in topology.processes)


def test_copies_have_distinct_ports_and_edges_share_one() -> None:
    """NATS servers form a cluster with routes to each other."""
    size = Size(copies=2, nats_nodes=3)
    topology = build_topology({}, default_ports(size), "/home", "/bin", size=size)
    specs = {spec.name: spec for spec in (*topology.nats, *topology.processes)}

    assert specs["edge-2"].env["PARLEY_EDGE_PORT"] == specs["edge"].env["PARLEY_EDGE_PORT"]
    assert specs["edge-2"].env["PARLEY_EDGE_REUSE_PORT"] == "true"
    direct = [specs[name].env["PARLEY_EDGE_DIRECT_PORT"] for name in ("edge", "edge-2")]
    assert len({*direct, specs["edge"].env["PARLEY_EDGE_PORT"]}) == 3
    assert specs["edge-2"].env["PARLEY_EDGE_DIRECT_URL"] == f"http://127.0.0.1:{direct[1]}"
    metrics = [specs[name].env["PARLEY_EDGE_METRICS_PORT"] for name in ("edge", "edge-2")]
    assert [specs[name].ready_url for name in ("edge", "edge-2")] == [
        f"http://127.0.0.1:{port}/readyz" for port in metrics
    ]
    assert len(set(metrics)) == 2
    assert specs["stt-2"].env["PARLEY_STT_PORT"] != specs["stt"].env["PARLEY_STT_PORT"]
    assert topology.env["PARLEY_NATS_URL"].count("nats://") == 3
    assert topology.env["PARLEY_NATS_REPLICAS"] == "3"
    routes = {spec.argv[spec.argv.index("--routes") + 1] for spec in topology.nats}
    assert [route.count("nats://") for route in routes] == [3]


def test_the_state_file_contains_no_credentials() -> None:
    """Sandbox tokens are not secret; `parley env` prints them."""
    env = {
        "OPENAI_API_KEY": "sk-1",
        "PARLEY_API_KEY": "secret",
        "PARLEY_ACME_SECRET": "secret",
        "PARLEY_ACME_PASSWORD": "secret",
        "TWILIO_AUTH_TOKEN": SANDBOX_TOKEN,
        "PARLEY_NATS_URL": "nats://n",
        "HOME": "/root",
    }
    state = json.loads(to_json("http://edge", {}, env))

    assert state["environment"] == {"TWILIO_AUTH_TOKEN": SANDBOX_TOKEN, "PARLEY_NATS_URL": "nats://n"}


def test_a_system_has_an_id_unless_the_environment_sets_one() -> None:
    """All of its edges have the same one, and another system has another."""
    chosen, other = (build_topology({}, PORTS, "/home", "/bin").env["PARLEY_SYSTEM_ID"] for _ in range(2))

    assert chosen
    assert chosen != other
    named = build_topology({"PARLEY_SYSTEM_ID": "production"}, PORTS, "/home", "/bin")
    assert named.env["PARLEY_SYSTEM_ID"] == "production"


def test_an_emulator_may_serve_further_providers() -> None:
    """They need no process of their own, and are emulated only while their host is."""
    topology = build_topology({}, PORTS, "/home", "/bin")
    assert "sandbox-cartesia" not in [spec.name for spec in topology.processes]
    assert topology.env["PARLEY_CARTESIA_URL"] == PORTS.url("elevenlabs") + "/cartesia"
    assert topology.env["CARTESIA_API_KEY"] == SANDBOX_TOKEN
    assert topology.sandbox_urls["cartesia"] == PORTS.url("elevenlabs") + "/cartesia"
    assert topology.env["ANTHROPIC_BASE_URL"] == PORTS.url("openai") + "/anthropic"
    assert topology.env["GEMINI_BASE_URL"] == PORTS.url("openai") + "/gemini"

    with_key = build_topology({"CARTESIA_API_KEY": "k"}, PORTS, "/home", "/bin")
    assert "PARLEY_CARTESIA_URL" not in with_key.env
    real_host = build_topology({"ELEVENLABS_API_KEY": "k"}, PORTS, "/home", "/bin")
    assert "CARTESIA_API_KEY" not in real_host.env


def test_providers_that_no_agent_uses_are_not_emulated() -> None:
    """Nor are those that an unused provider's emulator serves."""
    topology = build_topology({}, PORTS, "/home", "/bin", unused=("deepgram", "elevenlabs"))

    emulators = [spec.name for spec in topology.processes if spec.name.startswith("sandbox")]
    assert emulators == ["sandbox-twilio", "sandbox-openai"]
    assert not {"deepgram", "elevenlabs", "cartesia"} & topology.sandbox_urls.keys()
    assert topology.sandbox_urls.keys() >= {"twilio", "openai"}
    assert "PARLEY_DEEPGRAM_URL" not in topology.env
