"""Timeouts and retries in a URL's fragment."""

from sandbox.twilio.connection_overrides import ConnectionOverrides, parse_overrides


def test_defaults_are_those_of_twilio() -> None:
    """The defaults are five seconds to connect, fifteen in total, and one retry."""
    assert parse_overrides("http://app/voice") == ConnectionOverrides(
        5000, 15000, 15000, 1, frozenset({"ct"})
    )


def test_fragment_is_parsed_and_bounded() -> None:
    """Values out of range give the nearest bound, invalid ones the default."""
    overrides = parse_overrides("http://app/voice#ct=200&rt=99999&tt=x&rc=2&rp=5xx,rt")

    assert (overrides.connect_ms, overrides.read_ms, overrides.total_ms) == (200, 15000, 15000)
    assert overrides.retries == 2
    assert overrides.retries_on("5xx")
    assert not overrides.retries_on("ct")
