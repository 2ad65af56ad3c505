"""Audio from the stream, at its place in call time; loading a call is in tests/e2e."""

from cli.testing.from_call.recorded_call import place
from parley.v1.audio_pb2 import CallerAudio


def test_chunks_are_placed_by_their_time() -> None:
    chunks = [CallerAudio(at_ms=2, mulaw=b"\x02" * 8), CallerAudio(at_ms=0, mulaw=b"\x01" * 8)]

    assert place(chunks) == b"\x01" * 8 + b"\xff" * 8 + b"\x02" * 8
    assert place([]) == b""


def test_a_time_far_away_does_not_exhaust_the_memory() -> None:
    assert place([CallerAudio(at_ms=10**12, mulaw=b"\x01")]) == b""
