"""Tests of the findings of `parley doctor`."""

from pathlib import Path

from cli.doctor import examine


def states(environment: dict[str, str]) -> dict[str, str]:
    folder = Path(__file__).parents[3] / "agents"
    variables = {"PARLEY_AGENTS_DIR": str(folder), **environment}
    return {finding.subject: finding.state for finding in examine(variables, Path("/nowhere"), [])}


def test_without_keys_nothing_is_missing_but_the_programs() -> None:
    """An emulated provider is a note, not an error."""
    found = states({})

    assert found["openai"] == "note"
    assert found["agent"] == "ok"
    assert found["NATS server"] == "missing"


def test_a_real_number_needs_an_account_and_an_address() -> None:
    """Twilio must be able to reach the edge, and the edge must be able to end calls."""
    found = states({"TWILIO_AUTH_TOKEN": "t", "PARLEY_PUBLIC_URL": "http://localhost"})

    assert found["TWILIO_ACCOUNT_SID"] == "missing"
    assert found["PARLEY_PUBLIC_URL"] == "missing"


def test_a_wrong_agent_file_is_named() -> None:
    """The finding contains the reason."""
    assert states({"PARLEY_AGENT": "nobody"})["agent"] == "missing"


def test_an_unknown_provider_of_the_agent_is_named(tmp_path: Path) -> None:
    """Providers are checked with their options."""
    (tmp_path / "shop.yaml").write_text("prompt: x\ntts: {provider: elevenlabz}\n")

    assert states({"PARLEY_AGENTS_DIR": str(tmp_path), "PARLEY_AGENT": "shop"})["agent"] == "missing"
