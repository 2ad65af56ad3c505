"""Simulated callers without a network: the agent's audio is given as frames."""

from collections.abc import Iterable

from parley.audio.g711 import ENCODE, FRAME_BYTES
from sandbox.caller.caller_events import Event
from sandbox.caller.loudness import SILENT_FRAME
from sandbox.caller.script_parser import parse_script
from sandbox.caller.simulated_caller import SimulatedCaller
from sandbox.caller.voice_bank import load_bank

SPEECH_FRAME = bytes([ENCODE[4000]]) * FRAME_BYTES

BANK = load_bank()


def make_caller(*steps: object) -> SimulatedCaller:
    """A caller with these steps."""
    script = parse_script({"steps": list(steps)})
    return SimulatedCaller(script, BANK.script_utterances(script))


def run(caller: SimulatedCaller, *agent_audio: tuple[bytes, float]) -> tuple[bytes, list[Event]]:
    """Play frames, each for a number of ms; returns the caller's audio and events."""
    results = [caller.tick(frame) for frame in _frames(agent_audio)]
    audio = b"".join(result.frame for result in results)
    return audio, [event for result in results for event in result.events]


def silence(ms: float) -> tuple[bytes, float]:
    """Silence of this length."""
    return SILENT_FRAME, ms


def speech(ms: float) -> tuple[bytes, float]:
    """Speech of this length."""
    return SPEECH_FRAME, ms


def _frames(agent_audio: Iterable[tuple[bytes, float]]) -> Iterable[bytes]:
    for frame, ms in agent_audio:
        for _ in range(int(ms / 20)):
            yield frame
