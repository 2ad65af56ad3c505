"""What `/v1/listen` says, message by message, in the SDK's own types."""

from itertools import pairwise

from deepgram.listen.v1.types.listen_v1configure_failure import ListenV1ConfigureFailure
from deepgram.listen.v1.types.listen_v1configure_success import ListenV1ConfigureSuccess
from deepgram.listen.v1.types.listen_v1error import ListenV1Error
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v1.types.listen_v1speech_started import ListenV1SpeechStarted
from deepgram.listen.v1.types.listen_v1utterance_end import ListenV1UtteranceEnd
from pydantic import BaseModel

from parley.mulaw import silence
from sandbox.deepgram.nova import Nova
from tests.strict import assert_fits
from tests.unit.sandbox.deepgram.line import TEXT, Message, event, knowing, line, spoken, transcript

ALL = {"interim_results": "true", "vad_events": "true", "endpointing": "100", "utterance_end_ms": "1000"}
TYPES: dict[str, type[BaseModel]] = {
    "Results": ListenV1Results,
    "SpeechStarted": ListenV1SpeechStarted,
    "UtteranceEnd": ListenV1UtteranceEnd,
    "Metadata": ListenV1Metadata,
    "Error": ListenV1Error,
    "ConfigureSuccess": ListenV1ConfigureSuccess,
    "ConfigureFailure": ListenV1ConfigureFailure,
}


def final(message: Message) -> bool:
    return bool(message.get("is_final"))


def speech_final(message: Message) -> bool:
    return bool(message.get("speech_final"))


async def test_a_sentence_is_guessed_and_then_final() -> None:
    """SpeechStarted, guesses, a final result with the words' times, and the end told once."""
    async with line(Nova, knowing(TEXT), ALL) as desk:
        await desk.hear(silence(400) + spoken())
        [result] = await desk.until(speech_final)
        await desk.until(event("UtteranceEnd"))
        await desk.hear(silence(3000))

    kinds = [m["type"] for m in desk.said]
    assert kinds[0] == "SpeechStarted"
    assert kinds.count("UtteranceEnd") == 1
    assert any(not m["is_final"] for m in desk.all(event("Results")))
    assert transcript(result) == TEXT
    words = result["channel"]["alternatives"][0]["words"]
    assert 0.4 <= words[0]["start"] < words[-1]["end"] <= result["start"] + result["duration"]
    for message in desk.said:
        assert_fits(TYPES[message["type"]], message)


async def test_what_was_not_asked_for_is_not_said() -> None:
    """No guesses, no events, no endpoint."""
    async with line(Nova, knowing(TEXT), {"endpointing": "false"}) as desk:
        await desk.hear(spoken())
        [result] = await desk.until(final)
        await desk.hear(silence(2000))

    assert desk.said == [result]
    assert not result["speech_final"]
    assert transcript(result) == TEXT


async def test_an_utterance_does_not_end_while_the_caller_goes_on() -> None:
    """A gap between words ends where the next voice begins, though its words are not yet known."""
    async with line(Nova, knowing(TEXT), ALL) as desk:
        await desk.hear(spoken())
        await desk.until(speech_final)
        await desk.hear(silence(200) + spoken())
        assert not desk.all(event("UtteranceEnd"))
        finals = await desk.until(speech_final, 2)
        [end] = await desk.until(event("UtteranceEnd"))

    assert end["last_word_end"] == finals[1]["channel"]["alternatives"][0]["words"][-1]["end"]


async def test_results_tile_the_stream() -> None:
    """Each final begins where the one before ended, silent ones too."""
    async with line(Nova, knowing(TEXT), ALL) as desk:
        await desk.hear(silence(5500) + spoken())
        await desk.until(speech_final)
        await desk.hear(silence(6000))

    finals = desk.all(final)
    assert [transcript(m) for m in finals] == ["", TEXT, ""]
    for one, other in pairwise(finals):
        assert other["start"] == one["start"] + one["duration"]


async def test_endless_talk_comes_in_pieces() -> None:
    """Fixed as it goes on, with the endpoint in the last piece only; nothing is lost or said twice."""
    async with line(Nova, knowing(TEXT), ALL, stt_final_ms=300) as desk:
        await desk.hear(spoken() * 10)
        await desk.until(speech_final)

    finals = desk.all(final)
    assert len(finals) > 1
    assert [m["speech_final"] for m in finals] == [*[False] * (len(finals) - 1), True]
    words = " ".join(transcript(m) for m in finals).split()
    assert 49 <= len(words) <= 50
    starts = [w["start"] for m in finals for w in m["channel"]["alternatives"][0]["words"]]
    assert starts == sorted(starts)


async def test_finalize_fixes_what_was_heard_so_far() -> None:
    """At once, and marked as asked for; asked again with nothing in hand it says nothing."""
    async with line(Nova, knowing(TEXT), ALL) as desk:
        await desk.hear(spoken())
        assert await desk.tell({"type": "Finalize"})
        assert await desk.tell({"type": "Finalize"})

    [result] = desk.all(final)
    assert result["from_finalize"]
    assert not result["speech_final"]
    assert transcript(result) == TEXT
    entries = [e for e in desk.journal.since(0) if e["kind"] == "stt_final"]
    assert [(e["call_sid"], e["text"], e["asked_for"]) for e in entries] == [("CA1", TEXT, True)]


async def test_close_stream_flushes_and_gives_the_metadata() -> None:
    """And then the socket is closed."""
    async with line(Nova, knowing(TEXT), ALL) as desk:
        await desk.hear(spoken())
        assert not await desk.tell({"type": "CloseStream"})

    assert [m["type"] for m in desk.said[-2:]] == ["Results", "Metadata"]
    assert desk.said[-1]["duration"] == len(spoken()) / 8000
    assert_fits(ListenV1Metadata, desk.said[-1])


async def test_configure_is_answered_by_the_model() -> None:
    """Only Nova-3 takes keyterms."""
    async with line(Nova, knowing(TEXT), {}) as desk:
        await desk.tell({"type": "Configure", "keyterms": ["a"]})
        await desk.tell({"type": "Configure", "keyterms": ["a " * 501]})
    async with line(Nova, knowing(TEXT), {"model": "nova-2"}) as old:
        await old.tell({"type": "Configure", "keyterms": ["a"]})

    said = desk.said + old.said
    assert [m["type"] for m in said] == ["ConfigureSuccess", "ConfigureFailure", "ConfigureFailure"]
    assert said[0]["keyterms"] == ["a"]
    for message in said:
        assert_fits(TYPES[message["type"]], message)


async def test_an_unknown_message_is_an_error_and_no_end() -> None:
    """KeepAlive says nothing."""
    async with line(Nova, knowing(TEXT), {}) as desk:
        assert await desk.tell({"type": "Dance"})
        assert await desk.tell({"type": "KeepAlive"})

    [error] = desk.said
    assert error["variant"] == "SchemaError"
    assert_fits(ListenV1Error, error)
