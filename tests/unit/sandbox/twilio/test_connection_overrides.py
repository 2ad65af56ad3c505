"""Time-outs in a URL's fragment."""

from sandbox.twilio.connection_overrides import ConnectionOverrides, overrides_of


def test_default_is_twilios() -> None:
    """Five seconds to connect, fifteen in all, one more try."""
    assert overrides_of("http://app/voice") == ConnectionOverrides(5000, 15000, 15000, 1, frozenset({"ct"}))


def test_fragment_is_read_and_bounded() -> None:
    """What is out of range is put right."""
    overrides = overrides_of("http://app/voice#ct=200&rt=99999&tt=x&rc=2&rp=5xx,rt")

    assert (overrides.connect_ms, overrides.read_ms, overrides.total_ms) == (200, 15000, 15000)
    assert overrides.retries == 2
    assert overrides.retries_on("5xx")
    assert not overrides.retries_on("ct")
