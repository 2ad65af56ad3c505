"""The checks of a speech-to-text provider."""

import asyncio
from contextlib import suppress
from itertools import pairwise

from parley.errors import (
    ProviderError,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.conformance.check import Check, NotApplicable, raises, require, tolerated
from parley.providers.conformance.connections import freed
from parley.providers.conformance.failures import failure_checks
from parley.providers.conformance.subject import Fault
from parley.providers.conformance.transcription import SttCase, open_session, recognized_share
from parley.providers.stt import FinalTranscript, ProviderTurn, UtteranceEnd

_TOLERANCE_MS = 500.0
_PAUSE_MS = 2500.0
_LEAVE_TIMEOUT_S = 3.0


async def _transcribe(case: SttCase, message_ms: float = 20) -> None:
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.send(case.speech.mulaw, message_ms)
        await session.send_silence(_PAUSE_MS)
        await session.connection.finalize()
        await session.wait_for("final transcript", lambda s: s.text)
        await session.wait_for(
            "transcript of all words", lambda s: _share(case, s.text) >= case.min_recognized
        )


def _share(case: SttCase, text: str) -> float:
    return recognized_share(text, case.speech.text)


async def transcript(case: SttCase) -> None:
    """Speech in frames of 20 ms."""
    await _transcribe(case)


async def long_messages(case: SttCase) -> None:
    """Messages of a second, as after a reconnection."""
    await _transcribe(case, 1000)


async def declared_format(case: SttCase) -> None:
    """The plugin's format is one of its facts."""
    declared = case.subject.facts.audio_formats
    if not case.subject.facts.models:
        raise NotApplicable("the plugin declares no facts")
    require(case.subject.audio_format in declared, f"{case.subject.audio_format} is not among the facts")


async def times(case: SttCase) -> None:
    """Times of transcripts and words are call times, also after a gap in the call."""
    start_ms = 60_000.0
    async with case.subject.open() as provider, open_session(case, provider, at_ms=start_ms) as session:
        await session.send_silence(500)
        session.sent_ms = speech_ms = start_ms + 5000
        await session.send(case.speech.mulaw)
        await session.send_silence(_PAUSE_MS)
        await session.connection.finalize()
        await session.wait_for("final transcript", lambda s: _share(case, s.text) >= case.min_recognized)
        end_ms = speech_ms + case.speech.duration_ms
        spoken = [event for event in session.finals if event.text]
        require(
            all(e.end_ms <= session.sent_ms + 1 for e in spoken), "a transcript ends after the audio sent"
        )
        late = max(event.end_ms for event in spoken) >= end_ms - _TOLERANCE_MS
        require(late, "the transcript ends before the speech")
        if not case.subject.facts.word_timings:
            require(not session.words, "words have times, which the facts do not declare")
            return
        words = session.words
        require(words, "no words with times")
        require(all(a.start_ms <= b.start_ms for a, b in pairwise(words)), "words out of order")
        require(all(word.start_ms <= word.end_ms for word in words), "a word ends before it starts")
        require(words[0].start_ms >= speech_ms - _TOLERANCE_MS, "the first word is too early")
        require(words[-1].end_ms <= end_ms + _TOLERANCE_MS, "the last word is too late")


async def end_of_turn(case: SttCase) -> None:
    """A pause after speech gives the declared event without a request."""
    if not case.subject.facts.end_of_turn_events:
        raise NotApplicable("declares no end-of-turn events")
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.send(case.speech.mulaw)
        await session.send_silence(_PAUSE_MS)

        def ended(event: object) -> bool:
            match event:
                case FinalTranscript(speech_final=True) | UtteranceEnd() | ProviderTurn(event="end"):
                    return True
                case _:
                    return False

        await session.wait_for("event at the end of speech", lambda s: any(map(ended, s.events)))
        turns = any(isinstance(event, ProviderTurn) for event in session.events)
        detects = provider.detects_turns(case.subject.config)
        require(turns == detects, "ProviderTurn events do not match detects_turns()")


async def silence(case: SttCase) -> None:
    """Silence gives no words."""
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.send_silence(_PAUSE_MS)
        await session.connection.finalize()
        await asyncio.sleep(0.1)
        require(not session.any_text, "words in silence")


async def keep_alive(case: SttCase) -> None:
    """A connection that is kept alive before and between audio transcribes."""
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.connection.keep_alive()
        await session.send_silence(100)
        await session.connection.keep_alive()
        await session.send(case.speech.mulaw)
        await session.send_silence(_PAUSE_MS)
        await session.connection.keep_alive()
        await session.connection.finalize()
        await session.wait_for("final transcript", lambda s: _share(case, s.text) >= case.min_recognized)


async def finalize(case: SttCase) -> None:
    """A request for the final transcript is answered without further audio."""
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.send(case.speech.mulaw)
        await session.send_silence(200)
        await session.connection.finalize()
        await session.wait_for("final transcript", lambda s: _share(case, s.text) >= case.min_recognized)


async def finalize_nothing(case: SttCase) -> None:
    """A request for the final transcript of no speech keeps the connection."""
    async with case.subject.open() as provider, open_session(case, provider) as session:
        await session.send_silence(200)
        for _ in range(2):
            await session.connection.finalize()
        await session.send(case.speech.mulaw)
        await session.send_silence(_PAUSE_MS)
        await session.connection.finalize()
        await session.wait_for("final transcript", lambda s: _share(case, s.text) >= case.min_recognized)


async def two_connections(case: SttCase) -> None:
    """Two calls at once are transcribed independently."""
    async with case.subject.open() as provider:

        async def one() -> None:
            async with open_session(case, provider) as session:
                await session.send(case.speech.mulaw)
                await session.send_silence(_PAUSE_MS)
                await session.connection.finalize()
                await session.wait_for("transcript", lambda s: _share(case, s.text) >= case.min_recognized)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(one())


async def close_in_speech(case: SttCase) -> None:
    """A connection left in mid-speech closes in time."""
    async with case.subject.open() as provider:
        loop = asyncio.get_running_loop()
        async with open_session(case, provider) as session:
            await session.send(case.speech.mulaw[: len(case.speech.mulaw) // 2])
            left_s = loop.time()
        require(loop.time() - left_s < _LEAVE_TIMEOUT_S, "leaving took too long")
        if case.subject.relay is not None:
            await freed(case.subject.relay)


async def cancellation(case: SttCase) -> None:
    """A call that is cancelled frees its connection."""
    relay = case.subject.network
    async with case.subject.open() as provider:
        opened = asyncio.Event()

        async def call() -> None:
            async with open_session(case, provider) as session:
                await session.send(case.speech.mulaw[: len(case.speech.mulaw) // 2])
                opened.set()
                await session.lost()

        running = asyncio.ensure_future(call())
        await opened.wait()
        running.cancel()
        done, _ = await asyncio.wait([running], timeout=_LEAVE_TIMEOUT_S)
        require(done, "a cancelled call did not end")
        require(running.cancelled(), "a cancellation was swallowed")
        await freed(relay)


async def _with_fault(case: SttCase, fault: Fault) -> None:
    """Hold a session until it fails."""
    async with case.subject.open(fault) as provider, open_session(case, provider) as session:
        await session.send(case.speech.mulaw)
        await session.send_silence(_PAUSE_MS)
        await session.lost()


async def silent_server(case: SttCase) -> None:
    """A server that never responds is ProviderTimeout or ProviderUnavailable within the time limit."""
    await raises((ProviderTimeout, ProviderUnavailable), _with_fault(case, "silent"))


async def garbage(case: SttCase) -> None:
    """Messages that cannot be read are ProviderError or ignored."""
    with tolerated(ProviderError):
        async with case.subject.open("garbage") as provider, open_session(case, provider) as session:
            await session.send(case.speech.mulaw)
            await session.send_silence(_PAUSE_MS)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    await session.lost()


async def cut(case: SttCase) -> None:
    """A connection lost in mid-call is ProviderUnavailable."""
    relay = case.subject.network

    async def call() -> None:
        async with case.subject.open() as provider, open_session(case, provider) as session:
            await session.send(case.speech.mulaw)
            relay.abort()
            await session.lost()

    await raises((ProviderUnavailable, ProviderTimeout), call())


STT_CHECKS = (
    Check("transcript", "speech becomes text", transcript),
    Check("long messages", "a second of audio in one message is taken", long_messages),
    Check("declared format", "audio is sent in a declared format", declared_format),
    Check("times", "transcripts and words have call times, also after a gap", times),
    Check("end of turn", "a pause gives the declared event, and turns only if it detects turns", end_of_turn),
    Check("silence", "silence gives no words", silence),
    Check("keep-alive", "a connection kept alive before and between audio works", keep_alive),
    Check("finalize", "a final transcript follows on request", finalize),
    Check("finalize nothing", "a request without speech keeps the connection", finalize_nothing),
    Check("two connections", "two calls at once are independent", two_connections),
    Check("close in speech", "leaving in mid-speech is quick and frees the connection", close_in_speech),
    Check("cancellation", "a cancelled call frees its connection", cancellation),
    *failure_checks(_with_fault),
    Check("silent server", "is ProviderTimeout or ProviderUnavailable in time", silent_server),
    Check("garbage", "unreadable messages are ProviderError or ignored", garbage),
    Check("cut", "a lost connection is ProviderUnavailable", cut),
)
"""In the order of docs/providers.md."""
