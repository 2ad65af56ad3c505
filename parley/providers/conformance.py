"""Checks that a provider implements its protocol correctly; for providers' tests."""

import asyncio
from contextlib import aclosing

from parley.agent_config import LlmConfig, SttConfig, TtsConfig
from parley.audio.g711 import bytes_to_ms, ms_to_bytes
from parley.providers.llm import Done, LlmClient, TextDelta
from parley.providers.stt import FinalTranscript, ProviderTurn, SttConnection, SttEvent, SttProvider
from parley.providers.tts import AudioChunk, SynthesisStream, TtsConnection, TtsProvider

_TIMEOUT_S = 15.0
_FRAME_MS = 20


class ConformanceError(AssertionError):
    """A provider violates its protocol."""


async def check_tts(provider: TtsProvider, config: TtsConfig) -> None:
    """Synthesize two clauses, then two replies at once, then exit a reply early.

    Raises:
        ConformanceError: the provider violates its protocol; the message gives the reason.
        ProviderError: the provider failed.
    """
    async with asyncio.timeout(_TIMEOUT_S), provider.connect(config, "CA0") as connection:
        audio = await _synthesize(connection, "r1", "Hello there. ", "How are you?")
        _require(any(chunk.audio for chunk in audio), "no audio for two clauses")
        for chunk in audio:
            starts = [timing.start_ms for timing in chunk.char_timings]
            _require(starts == sorted(starts), "char timings are not in order")
            ends_ok = all(timing.end_ms >= timing.start_ms for timing in chunk.char_timings)
            _require(ends_ok, "a character ends before it starts")
        both = await asyncio.gather(
            _synthesize(connection, "r2", "First."), _synthesize(connection, "r3", "Second.")
        )
        _require(all(both), "no audio for one of two replies at once")
        async with connection.open_stream("r4") as stream:
            await stream.send_text("Left early.")
        async with connection.open_stream("r5") as stream:
            await stream.end_input()
            _require(not any(c.audio for c in await _drain(stream)), "audio for a reply without text")


async def check_llm(client: LlmClient, config: LlmConfig) -> None:
    """Stream an answer to its end, then close a second one early.

    Raises:
        ConformanceError: the provider violates its protocol; the message gives the reason.
        ProviderError: the provider failed.
    """
    messages = [{"role": "user", "content": "Say hello."}]
    async with asyncio.timeout(_TIMEOUT_S):
        await client.warm_up()
        async with aclosing(client.stream(config, messages, [], call_sid="CA0")) as stream:
            events = [event async for event in stream]
        _require(bool(events) and isinstance(events[-1], Done), "the last event is not Done")
        _require(sum(isinstance(event, Done) for event in events) == 1, "Done more than once")
        _require(any(isinstance(event, TextDelta) for event in events), "no text")
        async with aclosing(client.stream(config, messages, [], call_sid="CA0")) as stream:
            await anext(stream)


async def check_stt(provider: SttProvider, config: SttConfig, mulaw: bytes) -> None:
    """Transcribe a recording of speech (mu-law, 8 kHz), sent as fast as the provider accepts it.

    Raises:
        ConformanceError: the provider violates its protocol; the message gives the reason.
        ProviderError: the provider failed.
    """
    found: asyncio.Future[FinalTranscript | ProviderTurn] = asyncio.get_running_loop().create_future()

    async def on_event(event: SttEvent) -> None:
        match event:
            case FinalTranscript(text=text) | ProviderTurn(text=text, event="end") if text:
                if not found.done():
                    found.set_result(event)
            case _:
                pass

    async with asyncio.timeout(_TIMEOUT_S), provider.connect(config, "CA0") as connection:
        running: asyncio.Future[None] = asyncio.ensure_future(connection.run(on_event))
        try:
            await _send(connection, mulaw)
            running.add_done_callback(lambda _: found.cancel())
            await asyncio.wait([found])
            if found.cancelled():
                running.result()
                _require(condition=False, reason="the connection's run() returned")
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    transcript = found.result()
    _require(transcript.end_ms <= bytes_to_ms(len(mulaw)) + 1000, "a transcript of audio that was not sent")
    _require(isinstance(transcript, ProviderTurn) == provider.detects_turns(config), "wrong kind of events")


async def _send(connection: SttConnection, mulaw: bytes) -> None:
    size = ms_to_bytes(_FRAME_MS)
    for begin in range(0, len(mulaw), size):
        await connection.send(mulaw[begin : begin + size], round(bytes_to_ms(begin)))
        await asyncio.sleep(0)
    await connection.keep_alive()
    await connection.finalize()


async def _synthesize(connection: TtsConnection, reply_id: str, *clauses: str) -> list[AudioChunk]:
    async with connection.open_stream(reply_id) as stream:
        for clause in clauses:
            await stream.send_text(clause)
        await stream.end_input()
        return await _drain(stream)


async def _drain(stream: SynthesisStream) -> list[AudioChunk]:
    async with aclosing(stream.audio()) as chunks:
        return [chunk async for chunk in chunks]


def _require(condition: bool, reason: str) -> None:
    if not condition:
        raise ConformanceError(reason)
