"""Somebody on a line without a network: what they hear is written as frames."""

from collections.abc import Iterable

from parley.mulaw import ENCODE, FRAME_BYTES
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script import parse_script
from sandbox.caller.simulated_caller import Event, SimulatedCaller
from sandbox.caller.voice_bank import load_bank

VOICE = bytes([ENCODE[4000]]) * FRAME_BYTES
"""A frame of somebody who speaks."""

BANK = load_bank()


def person(*steps: object) -> SimulatedCaller:
    """Somebody with these steps before them."""
    script = parse_script({"steps": list(steps)})
    return SimulatedCaller(script, BANK.script_utterances(script))


def hold(somebody: SimulatedCaller, *heard: tuple[bytes, float]) -> tuple[bytes, list[Event]]:
    """Let them hear so many milliseconds of each frame; what they said, and what happened."""
    turns = [somebody.tick(frame) for frame in _frames(heard)]
    return b"".join(turn.frame for turn in turns), [event for turn in turns for event in turn.events]


def quiet(ms: float) -> tuple[bytes, float]:
    """So much silence."""
    return SILENT_FRAME, ms


def voice(ms: float) -> tuple[bytes, float]:
    """So much of a voice."""
    return VOICE, ms


def _frames(heard: Iterable[tuple[bytes, float]]) -> Iterable[bytes]:
    for frame, ms in heard:
        for _ in range(int(ms / 20)):
            yield frame
