"""How long a response may have no output."""

import asyncio

import pytest

from parley.audio.audio_output import AudioOutput
from parley.providers.latency_limits import LatencyLimit, LatencyLimits, LimitRange
from parley.providers.llm import ToolCallRequest
from parley.providers.realtime import AudioDelta, ItemProgressed, ResponseDone
from services.brain.realtime.progress import Progress, Speaker
from services.brain.realtime.response_limits import response_limits
from services.brain.realtime.word_positions import SpeakingRate, WordPositions
from tests.unit.parley.audio.test_audio_output import FakeBus
from tests.unit.parley.providers.doubles import make_telemetry

_FIRST_S, _TIMEOUT_S = 1.5, 6.0
_ONE_S = b"\x10" * 8000


def _progress() -> Progress:
    limits = response_limits(LatencyLimits(make_telemetry().provider_limit), "openai", "m", _TIMEOUT_S)
    output, rate = AudioOutput(FakeBus(), "CA1", 1), SpeakingRate()
    speaker = Speaker("openai", "m", output, rate, lambda: 0, limits)
    return Progress("r1", speaker, WordPositions("r1", rate))


async def _speak(progress: Progress, seconds: int) -> None:
    event = AudioDelta("r1.1", "i1", _ONE_S * seconds)
    progress.note(event)
    await progress.play(event)


def _left_s(progress: Progress) -> float:
    """The time from the last output to the deadline."""
    return progress.deadline_s(_FIRST_S, _TIMEOUT_S, is_text=False) - progress.output_at_s


async def test_the_first_output_has_its_own_limit() -> None:
    """An item that has begun gets the limit again, but never more than the setting in all."""
    progress = _progress()
    assert _left_s(progress) == pytest.approx(_FIRST_S)
    progress.note(ItemProgressed("r1.1", "i1"))
    assert _left_s(progress) == pytest.approx(_FIRST_S)
    progress.output_at_s += 60
    deadline_s = progress.deadline_s(_FIRST_S, _TIMEOUT_S, is_text=False)
    assert deadline_s == pytest.approx(progress.requested_s + _TIMEOUT_S)


@pytest.mark.parametrize(("seconds", "limit_s"), [(1, 1.5), (4, 3.0), (60, 5.0)])
async def test_a_pause_within_audio_may_last_while_audio_is_left(seconds: int, limit_s: float) -> None:
    """The caller notices it one second before it ends, which is the time for another response."""
    progress = _progress()
    await _speak(progress, seconds)
    # The first audio may be a few milliseconds late.
    assert _left_s(progress) == pytest.approx(limit_s, abs=0.5)


async def test_complete_responses_lengthen_the_limit_of_pauses() -> None:
    """Each response counts with its longest one."""
    progress = _progress()
    await _speak(progress, 1)
    progress.output_at_s -= 0.6
    await _speak(progress, 1)
    progress.note(ResponseDone("r1.1", "completed"))
    assert progress.max_pause_s >= 0.6
    assert progress.speaker.limits.pause.limit_s() > 1.5


async def test_a_tool_call_pauses_before_its_arguments_only() -> None:
    """A model may reason before them, and writes them without a pause."""
    progress = _progress()
    await _speak(progress, 1)
    progress.note(ItemProgressed("r1.1", "i1", complete=True))
    progress.note(ItemProgressed("r1.1", "i2"))
    assert _left_s(progress) == 5.0
    progress.note(ItemProgressed("r1.1", "i2"))
    assert _left_s(progress) == 2.0
    progress.note(ItemProgressed("r1.1", "i2", complete=True, call=ToolCallRequest("c1", "book", "{}", {})))
    assert progress.is_complete


async def test_time_without_this_process_does_not_count() -> None:
    """A process that did not run has received nothing."""
    progress, loop = _progress(), asyncio.get_running_loop()
    before_s = progress.output_at_s
    loop.call_soon(_block, 0.05)
    await progress.wait(0.001)
    assert progress.output_at_s >= before_s + 0.04


def _block(seconds: float) -> None:
    end_s = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end_s:
        pass


async def test_a_response_that_hangs_leaves_the_limits_of_others() -> None:
    """Before its first output that of the first output, within its audio that of pauses."""
    first = LatencyLimit(LimitRange(1, 1, 6))
    progress = _progress()
    progress.hangs(first, 1.0)
    assert first.limit_s() > 1
    await _speak(progress, 1)
    progress.hangs(first, 1.0)
    assert progress.speaker.limits.pause.limit_s() == 5.0
