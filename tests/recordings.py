"""The callers' recorded utterances, for tests of recognition; a text without a recording is an error."""

from functools import cache
from typing import Any

from parley.audio.g711 import FRAME_BYTES, make_silence
from sandbox.caller.utterance import oracle_registration
from sandbox.caller.voice_bank import VoiceBank, load_bank
from sandbox.recognition.oracle import Oracle


def _no_synthesis(text: str) -> Any:
    raise AssertionError(f"no recording of {text!r}")


@cache
def recordings() -> VoiceBank:
    """The recordings, without the synthesis of other texts."""
    return load_bank(_no_synthesis)


def recorded_frames(text: str) -> bytes:
    """A recording, padded with silence to whole frames."""
    mulaw = recordings().utterance(text).mulaw
    return mulaw + make_silence(20)[: -len(mulaw) % FRAME_BYTES]


def registration_of(*texts: str) -> dict[str, Any]:
    """The body of POST /sandbox/utterances for these recordings."""
    return oracle_registration(recordings().utterance(text) for text in texts)


def oracle_with(*texts: str) -> Oracle:
    """An oracle with the ground truth of these recordings."""
    oracle = Oracle()
    oracle.register(registration_of(*texts)["utterances"])
    return oracle
