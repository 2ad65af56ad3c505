"""Replies over a socket whose provider loses what is not yet synthesized when a context is closed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from services.tts.clause_feed import ClauseFeed
from tests.eventually import eventually
from tests.integration.scripted_elevenlabs import Script, audio_of, scripted_provider
from tests.integration.voice_call import SpokenReply, voice_call

CLAUSES = ("Good morning. ", "You have two visits, ", "the first is at nine. ")


@pytest.fixture
async def script() -> AsyncIterator[Script]:
    """The provider."""
    async with scripted_provider() as running:
        yield running
        assert not running.violations


def spoken_once(reply: SpokenReply, *clauses: str) -> bool:
    """Whether each clause was spoken once, in order, and nothing else."""
    expected = b"".join(audio_of(text) for text in clauses or CLAUSES)
    return reply.failure is None and reply.audio == expected


@pytest.mark.parametrize("aligned", [True, False])
async def test_a_provider_that_drops_at_each_close_loses_nothing(script: Script, aligned: bool) -> None:
    """Contexts are closed when their audio has arrived: no text is requested twice."""
    script.drops_at_close, script.aligned = (lambda _: True), aligned
    async with voice_call(script.url) as call:
        replies = [await call.reply(*CLAUSES) for _ in range(12)]

    assert all(spoken_once(reply) for reply in replies)
    assert sum(bool(message.get("flush")) for message in script.messages) == 12 * 3
    assert script.sockets == 1
    assert sum(bool(message.get("close_context")) for message in script.messages) == 12


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_lost_clause_is_synthesized_again(script: Script, lost: int, aligned: bool) -> None:
    """The complete ones are not spoken twice."""
    pending = [CLAUSES[lost]]

    def drops(text: str) -> bool:
        return bool(pending) and text == pending[0] and bool(pending.pop())

    script.aligned = aligned
    async with voice_call(script.url, timeout_s=0.4) as call:
        warm_up = await call.reply("Hello there.")
        script.drops_clause = drops
        reply = await call.reply(*CLAUSES)

    assert spoken_once(warm_up, "Hello there.")
    assert spoken_once(reply)
    assert not call.failures
    texts = [message["text"] for message in script.messages if message.get("flush")][1:]
    assert texts[-3 + lost :] == list(CLAUSES[lost:])


async def test_a_reply_ends_with_its_last_audio(script: Script) -> None:
    """The late close adds no time: the reply ends before the provider confirms it, if that takes longer."""
    script.final = False
    async with voice_call(script.url) as call:
        await call.reply("Hello.")
        script.final = True
        loop = asyncio.get_running_loop()
        started_s = loop.time()
        reply = await call.reply("Hello.")
        took_s = loop.time() - started_s

    assert spoken_once(reply, "Hello.")
    assert took_s < 0.15


async def test_a_cancelled_reply_closes_its_context_at_once(script: Script) -> None:
    """No further audio of it is generated."""
    script.first_audio_s = 5
    async with voice_call(script.url) as call:
        task = asyncio.create_task(call.reply(*CLAUSES))
        await eventually(lambda: any(message.get("flush") for message in script.messages))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await eventually(lambda: any(message.get("close_context") for message in script.messages))


async def test_text_arrives_while_the_context_is_open(script: Script) -> None:
    """A context without text for a time is neither closed nor ended."""
    script.drops_at_close = lambda _: True
    feed = ClauseFeed()
    async with voice_call(script.url) as call:
        task = asyncio.create_task(call.reply_from(feed))
        for number in range(3):
            feed.update(CLAUSES[: number + 1], complete=False)
            await asyncio.sleep(0.1)
        feed.update(CLAUSES, complete=True)
        reply = await task

    assert spoken_once(reply)
    assert script.contexts == 1


async def test_audio_after_the_final_frame_is_dropped(script: Script) -> None:
    """The same holds for audio of closed contexts."""
    script.extra_frames = [{"audio": "AAAA" * 100, "isFinal": None, "alignment": None}]
    async with voice_call(script.url) as call:
        replies = [await call.reply(*CLAUSES) for _ in range(3)]

    assert all(spoken_once(reply) for reply in replies)


async def test_a_reply_of_punctuation_needs_no_audio(script: Script) -> None:
    """The provider is not used, and the reply does not fail."""
    async with voice_call(script.url) as call:
        reply = await call.reply("... ", "!")

    assert spoken_once(reply, "")
    assert [clause.clause for clause in reply.clauses] == [0, 1]
    assert not any(message.get("flush") for message in script.messages)


async def test_a_phrase_without_audio_is_not_cached(script: Script) -> None:
    """It is synthesized again when it is needed."""
    script.drops_clause = lambda _: True
    async with voice_call(script.url, timeout_s=0.2) as call:
        prefetching = asyncio.create_task(call.prefetch("Hello there."))
        await eventually(lambda: any(message.get("flush") for message in script.messages))
        await asyncio.sleep(0.3)
        prefetching.cancel()
        await asyncio.gather(prefetching, return_exceptions=True)
        assert call.cache.get(call.config, "Hello there.") is None
        script.drops_clause = lambda _: False

        assert spoken_once(await call.reply("Hello there."), "Hello there.")
