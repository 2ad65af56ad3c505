"""Which processes a system needs, and what each is told."""

from cli.topology import Ports, Size, build_topology, default_ports, port_names

PORTS = Ports({name: 5000 + number for number, name in enumerate(port_names())})


def test_without_keys_every_provider_is_stood_in_for() -> None:
    """Nothing but addresses changes for the services."""
    made = build_topology({}, PORTS, "/home", "/bin")

    assert made.real_providers == ()
    assert [spec.name for spec in made.processes[:4]] == [
        "sandbox-twilio",
        "sandbox-deepgram",
        "sandbox-openai",
        "sandbox-elevenlabs",
    ]
    assert made.env["OPENAI_BASE_URL"] == PORTS.url("openai") + "/v1"
    assert [spec.name for spec in made.nats] == ["nats"]
    assert made.starts_postgres


def test_a_key_brings_the_real_provider() -> None:
    """Its stand-in is not started, and its address is left alone."""
    made = build_topology({"OPENAI_API_KEY": "sk-1"}, PORTS, "/home", "/bin")

    assert made.real_providers == ("openai",)
    assert "OPENAI_BASE_URL" not in made.env
    assert "sandbox-openai" not in [spec.name for spec in made.processes]
    assert made.env["OPENAI_API_KEY"] == "sk-1"


def test_an_address_brings_somebody_elses_stand_in() -> None:
    """Another stand-in of the same protocol may take the place of ours."""
    made = build_topology({"PARLEY_DEEPGRAM_URL": "http://127.0.0.1:1"}, PORTS, "/home", "/bin")

    assert made.real_providers == ("deepgram",)
    assert made.env["PARLEY_DEEPGRAM_URL"] == "http://127.0.0.1:1"


def test_servers_that_run_already_are_used() -> None:
    """NATS and Postgres are started only where no address names one."""
    made = build_topology(
        {"PARLEY_NATS_URL": "nats://n:1", "PARLEY_POSTGRES_URL": "postgresql://p"}, PORTS, "/h", "/b"
    )

    assert made.nats == ()
    assert not made.starts_postgres
    assert made.env["PARLEY_NATS_URL"] == "nats://n:1"


def test_the_real_twilio_is_led_to_no_edge_of_its_own() -> None:
    """It reaches the one public address only."""
    size = Size(copies=2)
    made = build_topology({"TWILIO_AUTH_TOKEN": "t"}, default_ports(size), "/home", "/bin", size=size)

    assert not any("PARLEY_EDGE_DIRECT_URL" in spec.env for spec in made.processes)


def test_copies_have_ports_of_their_own_and_edges_share_one_too() -> None:
    """And the bus is a cluster in which each node knows the others."""
    size = Size(copies=2, nats_nodes=3)
    made = build_topology({}, default_ports(size), "/home", "/bin", size=size)
    specs = {spec.name: spec for spec in (*made.nats, *made.processes)}

    assert specs["edge-2"].env["PARLEY_EDGE_PORT"] == specs["edge"].env["PARLEY_EDGE_PORT"]
    assert specs["edge-2"].env["PARLEY_EDGE_REUSE_PORT"] == "true"
    own = [specs[name].env["PARLEY_EDGE_DIRECT_PORT"] for name in ("edge", "edge-2")]
    assert len({*own, specs["edge"].env["PARLEY_EDGE_PORT"]}) == 3
    assert specs["edge-2"].env["PARLEY_EDGE_DIRECT_URL"] == f"http://127.0.0.1:{own[1]}"
    assert specs["edge-2"].ready_url == f"http://127.0.0.1:{own[1]}/readyz"
    assert specs["stt-2"].env["PARLEY_STT_PORT"] != specs["stt"].env["PARLEY_STT_PORT"]
    assert made.env["PARLEY_NATS_URL"].count("nats://") == 3
    assert made.env["PARLEY_NATS_REPLICAS"] == "3"
    routes = {spec.argv[spec.argv.index("--routes") + 1] for spec in made.nats}
    assert [route.count("nats://") for route in routes] == [3]
    assert len(set(default_ports(size).by_name.values())) == len(port_names(size))
