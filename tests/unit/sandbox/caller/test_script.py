"""Tests of the scripts of simulated callers."""

from sandbox.caller.script import default_script


def test_the_default_script_greets_and_ends_with_a_goodbye() -> None:
    """Its last step waits for the agent's hang-up."""
    assert default_script().texts == ("hello", "thank you goodbye")
