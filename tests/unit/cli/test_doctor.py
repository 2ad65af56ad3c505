"""What is configured, what is missing, what it means."""

from pathlib import Path

from cli.doctor import examine


def states(environment: dict[str, str]) -> dict[str, str]:
    folder = Path(__file__).parents[3] / "agents"
    told = {"PARLEY_AGENTS_DIR": str(folder), **environment}
    return {finding.subject: finding.state for finding in examine(told, Path("/nowhere"), [])}


def test_without_keys_nothing_is_missing_but_the_programs() -> None:
    """The sandbox stands in, which is a note and no fault."""
    told = states({})

    assert told["openai"] == "note"
    assert told["agent"] == "ok"
    assert told["NATS server"] == "missing"


def test_a_real_number_needs_an_account_and_an_address() -> None:
    """Twilio must reach us, and we must be able to end calls."""
    told = states({"TWILIO_AUTH_TOKEN": "t", "PARLEY_PUBLIC_URL": "http://localhost"})

    assert told["TWILIO_ACCOUNT_SID"] == "missing"
    assert told["PARLEY_PUBLIC_URL"] == "missing"


def test_a_wrong_agent_file_is_named() -> None:
    """With the reason."""
    assert states({"PARLEY_AGENT": "nobody"})["agent"] == "missing"
