"""Providers that stop answering while their connection stays open, at each point of a call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from parley.audio.g711 import BYTES_PER_MS, FRAME_MS, make_silence
from parley.providers.conformance import Relay
from parley.v1.speech_pb2 import TurnEnded
from services.stt.stt_route import SttRoute
from tests.conformance.stt_cases import STT_CASES, TEXT
from tests.integration.stt_stage import SttStage
from tests.recordings import recorded_frames, recordings

_LEAD_MS, _PAUSE_MS = 300, 2500
_MAX_DELAY_MS = 6000
_SPOKEN = recordings().utterance(TEXT)
_UTTERANCE = recorded_frames(TEXT)
_START_MS = _LEAD_MS + round(_SPOKEN.audible_start_ms)
_END_MS = _LEAD_MS + round(_SPOKEN.audible_end_ms)

MODELS = [name for name in STT_CASES if not name.startswith("whisper")]
POINTS = {
    "before the first transcript": _START_MS + 100,
    "between interim transcripts": (_START_MS + _END_MS) // 2,
    "after the last word": _END_MS + 60,
    "while a final transcript is requested": None,
    "between turns": _END_MS + 1500,
}


@asynccontextmanager
async def routes(*names: str) -> AsyncIterator[list[tuple[SttRoute, Relay]]]:
    """Routes to the emulators of these models, each behind a relay."""
    async with AsyncExitStack() as stack:
        found = []
        for name in names:
            case = await stack.enter_async_context(STT_CASES[name]())
            provider = await stack.enter_async_context(case.subject.open())
            assert case.subject.relay is not None
            route = SttRoute(provider, case.subject.config, audio_format=case.subject.audio_format)
            found.append((route, case.subject.relay))
        yield found


def words(text: str) -> list[str]:
    """The words, without capitals and punctuation."""
    return [word.strip(".,?!").lower() for word in text.split()]


async def hang(point: str, first: tuple[SttRoute, Relay], second: tuple[SttRoute, Relay]) -> None:
    """Hold a call whose first provider hangs; all words are in one turn each, soon after they end."""
    (route, relay), (other, _) = first, second
    stage = SttStage(route, other)
    at_ms, twice = POINTS[point], point == "between turns"
    if at_ms is None:
        stage.on_finalize = relay.hang
    hooks = {} if at_ms is None else {at_ms // FRAME_MS * FRAME_MS: relay.hang}
    once = _UTTERANCE + make_silence(_PAUSE_MS)
    await stage.play(
        make_silence(_LEAD_MS) + once * (1 + twice) + make_silence(_PAUSE_MS), hooks, turns=1 + twice
    )

    turns = [(entry.body, entry.at_ms) for entry in stage.turns if isinstance(entry.body, TurnEnded)]
    delays_ms = [at - _END_MS - n * len(once) // BYTES_PER_MS for n, (_, at) in enumerate(turns)]
    assert [words(turn.text) for turn, _ in turns] == [words(TEXT)] * (1 + twice), (route.config.model, point)
    assert max(delays_ms) < _MAX_DELAY_MS, (route.config.model, point)


@pytest.mark.parametrize("number", range(len(MODELS)), ids=MODELS)
async def test_a_provider_that_hangs_is_replaced_within_the_turn(number: int) -> None:
    """Another one transcribes the same audio, whichever way it detects turns."""
    async with AsyncExitStack() as stack:
        first, second = MODELS[number], MODELS[(number + 1) % len(MODELS)]
        opened = {point: await stack.enter_async_context(routes(first, second)) for point in POINTS}
        requests = opened["between turns"][0][0].finalize_after_ms is not None
        async with asyncio.TaskGroup() as tasks:
            for point, pair in opened.items():
                if POINTS[point] is not None or requests:
                    tasks.create_task(hang(point, *pair))
