"""The checks of a text-to-speech provider."""

import asyncio
from contextlib import aclosing, suppress
from itertools import pairwise

from parley.agent_config import TtsConfig
from parley.errors import ProviderError, ProviderRejected, ProviderTimeout, ProviderUnavailable
from parley.providers.conformance.check import Check, NotApplicable, raises, require, tolerated
from parley.providers.conformance.connections import freed
from parley.providers.conformance.failures import failure_checks
from parley.providers.conformance.subject import Fault
from parley.providers.conformance.synthesis import (
    Spoken,
    TtsCase,
    check_length,
    joined,
    letters,
    read_audio,
    speak,
)

_CLAUSES = ("Good morning, this is the clinic. ", "How can I help you today?")
_LONG = "We open at eight in the morning, and close at six in the evening. " * 12
_NOT_LATIN = {
    "hi": "नमस्ते, आप कैसे हैं?",
    "ja": "こんにちは、お元気ですか。",
    "ru": "Здравствуйте, чем могу помочь?",
    "ar": "مرحبا، كيف يمكنني مساعدتك؟",
    "zh": "您好,请问有什么可以帮您?",
}
_TOLERANCE_MS = 100.0
_ROUNDING_MS = 2.0
_LEAVE_TIMEOUT_S = 2.0


async def _reply(case: TtsCase, *clauses: str, config: TtsConfig | None = None) -> Spoken:
    async with (
        case.subject.open() as provider,
        provider.connect(config or case.subject.config, "CA0") as connection,
    ):
        return await speak(connection, "r1", *clauses, case=case)


async def audio(case: TtsCase) -> None:
    """Two clauses become speech of plausible length, in the declared format."""
    check_length(await _reply(case, *_CLAUSES), "".join(_CLAUSES))
    facts = case.subject.facts
    if facts.models:
        require(case.subject.audio_format in facts.audio_formats, "the format is not among the facts")


async def timings(case: TtsCase) -> None:
    """Character timings are in order, within the audio, and cover the text once."""
    if not case.timed:
        raise NotApplicable("declares no timings")
    spoken = await _reply(case, *_CLAUSES)
    require(spoken.timings, "no timings")
    starts = [timing.start_ms for timing in spoken.timings]
    in_order = all(later >= earlier - _ROUNDING_MS for earlier, later in pairwise(starts))
    require(in_order, "timings are not in order")
    require(all(t.end_ms >= t.start_ms for t in spoken.timings), "a character ends before it starts")
    last_ms = max(t.end_ms for t in spoken.timings if t.text.strip())
    require(last_ms <= spoken.duration_ms + _TOLERANCE_MS, "timings beyond the audio")
    require(spoken.letters == letters("".join(_CLAUSES)), "the timed letters are not those of the text")


async def order(case: TtsCase) -> None:
    """Ten clauses are spoken in order, and sending does not wait for audio."""
    numbers = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    clauses = [f"Number {number}. " for number in numbers]
    spoken = await _reply(case, *clauses)
    check_length(spoken, "".join(clauses))
    if case.timed:
        require(spoken.letters == letters("".join(clauses)), "clauses are missing or out of order")


async def slow_text(case: TtsCase) -> None:
    """A pause of the model between two clauses does not end the reply."""
    async with (
        case.subject.open() as provider,
        provider.connect(case.subject.config, "CA0") as connection,
        connection.open_stream("r1") as stream,
    ):
        reading = asyncio.ensure_future(read_audio(stream))
        for clause in _CLAUSES:
            await stream.send_text(clause)
            await asyncio.sleep(0.2)
        await stream.end_input()
        check_length(joined(await reading, case), "".join(_CLAUSES))


async def two_replies(case: TtsCase) -> None:
    """Two replies at once do not mix."""
    texts = "This is the first of two replies.", "And here is the second one, which is longer than the first."
    async with case.subject.open() as provider, provider.connect(case.subject.config, "CA0") as connection:
        replies = await asyncio.gather(
            *(speak(connection, f"r{number}", text, case=case) for number, text in enumerate(texts))
        )
    for spoken, text in zip(replies, texts, strict=True):
        check_length(spoken, text)
        if case.timed:
            require(spoken.letters == letters(text), "the letters of two replies are mixed")


async def two_calls(case: TtsCase) -> None:
    """Two calls at once are served."""
    async with case.subject.open() as provider:

        async def call() -> None:
            async with provider.connect(case.subject.config, "CA0") as connection:
                check_length(await speak(connection, "r1", *_CLAUSES, case=case), "".join(_CLAUSES))

        async with asyncio.TaskGroup() as tasks:
            for _ in range(2):
                tasks.create_task(call())


async def early_exit(case: TtsCase) -> None:
    """A reply left early ends at once, and none of its audio is part of the next one."""
    text = "And now the next one."
    async with case.subject.open() as provider, provider.connect(case.subject.config, "CA0") as connection:
        loop = asyncio.get_running_loop()
        async with connection.open_stream("r1") as stream:
            await stream.send_text(_LONG)
            async with aclosing(stream.audio()) as chunks:
                await anext(chunks)
            left_s = loop.time()
        require(loop.time() - left_s < _LEAVE_TIMEOUT_S, "leaving took too long")
        spoken = await speak(connection, "r2", text, case=case)
    check_length(spoken, text)
    if case.timed:
        require(spoken.letters == letters(text), "audio of the reply that was left")


async def exit_before_audio(case: TtsCase) -> None:
    """A reply may be left before its text, its audio, or its end."""
    async with case.subject.open() as provider, provider.connect(case.subject.config, "CA0") as connection:
        async with connection.open_stream("r1"):
            pass
        async with connection.open_stream("r2") as stream:
            await stream.send_text("Left early.")
        check_length(await speak(connection, "r3", *_CLAUSES, case=case), "".join(_CLAUSES))


async def empty_reply(case: TtsCase) -> None:
    """A reply without text ends without audio."""
    require(not (await _reply(case)).mulaw, "audio for a reply without text")


async def punctuation(case: TtsCase) -> None:
    """Text without letters ends, and later text is spoken."""
    spoken = await _reply(case, "… ", *_CLAUSES)
    check_length(spoken, "".join(_CLAUSES))


async def long_text(case: TtsCase) -> None:
    """A clause of 800 characters is spoken completely."""
    spoken = await _reply(case, _LONG)
    check_length(spoken, _LONG)
    if case.timed:
        require(spoken.letters == letters(_LONG), "letters are missing")


async def other_script(case: TtsCase) -> None:
    """Text in a script other than Latin is spoken, if the model has such a language."""
    model = case.subject.facts.model(case.subject.config.model)
    found = [tag for tag in _NOT_LATIN if model is not None and model.takes_language(tag)]
    if not found:
        raise NotApplicable("declares no language with another script")
    config = case.subject.config.model_copy(update={"language": found[0]})
    require((await _reply(case, _NOT_LATIN[found[0]], config=config)).mulaw, "no audio")


async def wrong_voice(case: TtsCase) -> None:
    """An unknown voice is ProviderRejected."""
    if not case.wrong_voice:
        raise NotApplicable("takes any voice")
    config = case.subject.config.model_copy(update={"voice": case.wrong_voice})
    await raises(ProviderRejected, _reply(case, "Hello there.", config=config))


async def _with_fault(case: TtsCase, fault: Fault) -> Spoken:
    async with (
        case.subject.open(fault) as provider,
        provider.connect(case.subject.config, "CA0") as connection,
    ):
        return await speak(connection, "r1", *_CLAUSES, case=case)


async def silent_server(case: TtsCase) -> None:
    """A server that never responds is ProviderTimeout or ProviderUnavailable, or is left at once."""
    await _stalled(case, "silent")


async def stall(case: TtsCase) -> None:
    """A reply that stops in the middle can be left at once."""
    await _stalled(case, None)


async def _stalled(case: TtsCase, fault: Fault | None) -> None:
    """The stage watches for missing audio, so a provider may wait."""
    relay = case.subject.network
    loop = asyncio.get_running_loop()
    left_s = loop.time()
    with tolerated(ProviderTimeout, ProviderUnavailable):
        async with (
            case.subject.open(fault) as provider,
            provider.connect(case.subject.config, "CA0") as connection,
        ):
            if fault is None:
                relay.stall_after(case.part_bytes)
            with suppress(TimeoutError):
                async with asyncio.timeout(0.5):
                    await speak(connection, "r1", _LONG, case=case)
                    require(condition=False, reason="the reply ended, although its audio is missing")
            left_s = loop.time()
    require(loop.time() - left_s < _LEAVE_TIMEOUT_S, "leaving took too long")


async def garbage(case: TtsCase) -> None:
    """Messages that cannot be read are ProviderError, or ignored."""
    with tolerated(ProviderError, TimeoutError):
        async with asyncio.timeout(0.5):
            await _with_fault(case, "garbage")


async def cut(case: TtsCase) -> None:
    """A connection lost in mid-reply is ProviderUnavailable, and the next reply uses a new one."""
    relay = case.subject.network
    async with case.subject.open() as provider, provider.connect(case.subject.config, "CA0") as connection:
        await speak(connection, "r1", "Hello there.", case=case)
        relay.cut_after(case.part_bytes)
        await raises(ProviderUnavailable, speak(connection, "r2", _LONG, case=case))
        relay.reset()
        with suppress(ProviderUnavailable):
            # The loss of a connection may be found by the next reply only.
            await speak(connection, "r3", *_CLAUSES, case=case)
        check_length(await speak(connection, "r4", *_CLAUSES, case=case), "".join(_CLAUSES))


async def close(case: TtsCase) -> None:
    """The end of a call in mid-reply is quick, and the provider leaves no connection open."""
    loop = asyncio.get_running_loop()
    async with case.subject.open() as provider:
        async with provider.connect(case.subject.config, "CA0") as connection:
            async with connection.open_stream("r1") as stream:
                await stream.send_text(_LONG)
                async with aclosing(stream.audio()) as chunks:
                    await anext(chunks)
            left_s = loop.time()
        require(loop.time() - left_s < _LEAVE_TIMEOUT_S, "leaving took too long")
    await freed(case.subject.network)


TTS_CHECKS = (
    Check("audio", "text becomes speech in the declared format", audio),
    Check("timings", "characters have times in order, within the audio, for the whole text", timings),
    Check("order", "clauses are spoken in order", order),
    Check("slow text", "a pause between clauses does not end the reply", slow_text),
    Check("two replies", "two replies at once do not mix", two_replies),
    Check("two calls", "two calls at once are served", two_calls),
    Check("early exit", "a reply left early ends at once and does not leak into the next", early_exit),
    Check("exit before audio", "a reply may be left before its audio", exit_before_audio),
    Check("empty reply", "no text gives no audio", empty_reply),
    Check("punctuation", "text without letters does not prevent later text", punctuation),
    Check("long text", "a clause of 800 characters is complete", long_text),
    Check("other script", "text in another script is spoken", other_script),
    Check("wrong voice", "is ProviderRejected", wrong_voice),
    *failure_checks(_with_fault),
    Check("silent server", "can be left at once", silent_server),
    Check("stall", "a reply that stops can be left at once", stall),
    Check("garbage", "unreadable messages are ProviderError or ignored", garbage),
    Check("cut", "a lost connection is ProviderUnavailable and is replaced", cut),
    Check("close", "the end of a call in mid-reply is quick and frees its connection", close),
)
"""In the order of docs/providers.md."""
