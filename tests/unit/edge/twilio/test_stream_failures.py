"""The likely cause of a media stream that cannot be opened."""

import time

import pytest

from services.edge.twilio.stream_failures import StreamEvidence, error_code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Stream signal error, code: 31920", 31920),
        ("31902", 31902),
        ("error 31920: handshake failed with 200", 31920),
        ("", 0),
        ("code 131920", 0),
    ],
)
def test_the_code_is_read_from_the_text(text: str, code: int) -> None:
    """Its form is not documented."""
    assert error_code(text) == code


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (31920, "not with 101"),
        (31902, "refuses"),
        (31910, "certificate"),
        (31922, "wss"),
        (0, "no WebSocket"),
    ],
)
def test_the_cause_follows_the_code(code: int, cause: str) -> None:
    """Without a code, the process has seen no WebSocket at all."""
    assert cause in StreamEvidence().likely_cause(code)[0]


def test_what_the_edge_saw_itself_counts_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its own 403 explains a 31920, for half a minute."""
    evidence = StreamEvidence()
    evidence.start_missing()
    assert "no start message" in evidence.likely_cause(0)[0]

    evidence.signature_refused()
    cause, remedy = evidence.likely_cause(31920)
    assert "403" in cause
    assert "PARLEY_PUBLIC_URL" in remedy

    now_s = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now_s + 60)
    assert "not with 101" in evidence.likely_cause(31920)[0]
