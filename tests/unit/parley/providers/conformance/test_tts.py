"""The checks of text-to-speech providers detect those that violate the protocol."""

import pytest

from parley.providers.conformance import TTS_CHECKS, run_check
from parley.providers.tts import AudioChunk, CharTiming
from tests.unit.parley.providers.conformance.doubles import tts_case

CHECKS = {check.name: check for check in TTS_CHECKS}
TEXT = "Good morning, this is the clinic. How can I help you today?"
AUDIO = b"x" * 8 * 70 * len(TEXT)
TIMED = tuple(CharTiming(char, n * 70, (n + 1) * 70) for n, char in enumerate(TEXT))


@pytest.mark.parametrize("check", ["audio", "timings", "exit before audio", "empty reply", "punctuation"])
async def test_a_good_provider_passes(check: str) -> None:
    """Also when the timings come in several chunks."""
    half = len(TEXT) // 2
    later = tuple(CharTiming(t.text, t.start_ms - half * 70, t.end_ms - half * 70) for t in TIMED[half:])
    size = 8 * 70 * half
    case = tts_case(AudioChunk(AUDIO[:size], TIMED[:half]), AudioChunk(AUDIO[size:], later))
    result = await run_check(CHECKS[check], case)
    assert (result.outcome, result.reason) == ("passed", "")


@pytest.mark.parametrize(
    ("check", "chunk", "reason"),
    [
        ("audio", AudioChunk(b""), "no audio"),
        ("audio", AudioChunk(AUDIO * 8), "not in the declared format"),
        ("timings", AudioChunk(AUDIO), "no timings"),
        ("timings", AudioChunk(AUDIO, TIMED[::-1]), "not in order"),
        ("timings", AudioChunk(AUDIO, TIMED[:-9]), "not those of the text"),
        ("timings", AudioChunk(AUDIO[: len(AUDIO) // 2], TIMED), "beyond the audio"),
        ("timings", AudioChunk(AUDIO, (CharTiming("a", 5, 1),)), "ends before"),
        ("long text", AudioChunk(AUDIO, TIMED), "incomplete"),
    ],
)
async def test_wrong_output_is_found(check: str, chunk: AudioChunk, reason: str) -> None:
    """Missing audio, another format and impossible timings."""
    result = await run_check(CHECKS[check], tts_case(chunk))
    assert result.outcome == "failed"
    assert reason in result.reason


@pytest.mark.parametrize(
    "check", ["cut", "stall", "rate limited", "wrong key", "wrong voice", "other script"]
)
async def test_checks_that_do_not_apply_have_a_reason(check: str) -> None:
    """Without a server, a key or a language."""
    result = await run_check(CHECKS[check], tts_case(AudioChunk(AUDIO, TIMED), facts=None))
    assert result.outcome == "not applicable"
    assert result.reason
