"""Messages of `/v1/listen`, in the types that the SDK defines."""

from itertools import pairwise

import pytest
from deepgram.listen.v1.types.listen_v1configure_failure import ListenV1ConfigureFailure
from deepgram.listen.v1.types.listen_v1configure_success import ListenV1ConfigureSuccess
from deepgram.listen.v1.types.listen_v1error import ListenV1Error
from deepgram.listen.v1.types.listen_v1metadata import ListenV1Metadata
from deepgram.listen.v1.types.listen_v1results import ListenV1Results
from deepgram.listen.v1.types.listen_v1speech_started import ListenV1SpeechStarted
from deepgram.listen.v1.types.listen_v1utterance_end import ListenV1UtteranceEnd
from pydantic import BaseModel

from parley.audio.g711 import make_silence
from sandbox.deepgram.nova import NovaSession
from tests.recordings import oracle_with
from tests.strict import assert_fits
from tests.unit.sandbox.deepgram.fake_socket import AUDIO, TEXT, Message, has_type, open_session, transcript

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


def is_final(message: Message) -> bool:
    return bool(message.get("is_final"))


def is_speech_final(message: Message) -> bool:
    return bool(message.get("speech_final"))


async def test_a_sentence_has_interim_results_and_a_final_one() -> None:
    """The messages include SpeechStarted, a final result with word times and one UtteranceEnd."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(make_silence(400) + AUDIO)
        [result] = await socket.wait_for(is_speech_final)
        await socket.wait_for(has_type("UtteranceEnd"))
        await socket.send_audio(make_silence(3000))

    kinds = [m["type"] for m in socket.received]
    assert kinds[0] == "SpeechStarted"
    assert kinds.count("UtteranceEnd") == 1
    assert any(not m["is_final"] for m in socket.matching(has_type("Results")))
    assert transcript(result) == TEXT
    words = result["channel"]["alternatives"][0]["words"]
    assert 0.4 <= words[0]["start"] < words[-1]["end"] <= result["start"] + result["duration"]
    for message in socket.received:
        assert_fits(TYPES[message["type"]], message)


async def test_optional_messages_are_off_by_default() -> None:
    """No interim results or events are sent, and endpointing=false sends no speech_final."""
    async with open_session(NovaSession, oracle_with(TEXT), {"endpointing": "false"}) as socket:
        await socket.send_audio(AUDIO)
        [result] = await socket.wait_for(is_final)
        await socket.send_audio(make_silence(2000))

    assert socket.received == [result]
    assert not result["speech_final"]
    assert transcript(result) == TEXT


async def test_utterance_end_waits_while_speech_continues() -> None:
    """A gap between words ends where the next speech begins, even before its words are recognised."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(AUDIO)
        await socket.wait_for(is_speech_final)
        await socket.send_audio(make_silence(200) + AUDIO)
        assert not socket.matching(has_type("UtteranceEnd"))
        finals = await socket.wait_for(is_speech_final, 2)
        [end] = await socket.wait_for(has_type("UtteranceEnd"))

    assert end["last_word_end"] == finals[1]["channel"]["alternatives"][0]["words"][-1]["end"]


async def test_results_tile_the_stream() -> None:
    """Each final result begins where the previous one ended; empty ones cover silence."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(make_silence(5500) + AUDIO)
        await socket.wait_for(is_speech_final)
        await socket.send_audio(make_silence(6000))

    finals = socket.matching(is_final)
    assert [transcript(m) for m in finals] == ["", TEXT, ""]
    for one, other in pairwise(finals):
        assert other["start"] == pytest.approx(one["start"] + one["duration"])


async def test_speech_without_pause_is_finalised_in_pieces() -> None:
    """Only the last piece has speech_final; no word is lost or repeated."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL, stt_final_ms=300) as socket:
        await socket.send_audio(AUDIO * 10)
        await socket.wait_for(is_speech_final)

    finals = socket.matching(is_final)
    assert len(finals) > 1
    assert [m["speech_final"] for m in finals] == [*[False] * (len(finals) - 1), True]
    words = " ".join(transcript(m) for m in finals).split()
    assert 49 <= len(words) <= 50
    starts = [w["start"] for m in finals for w in m["channel"]["alternatives"][0]["words"]]
    assert starts == sorted(starts)


async def test_finalize_makes_the_current_segment_final() -> None:
    """The result is marked from_finalize; a second Finalize without new speech sends nothing."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(AUDIO)
        assert await socket.send({"type": "Finalize"})
        assert await socket.send({"type": "Finalize"})

    [result] = socket.matching(is_final)
    assert result["from_finalize"]
    assert result["speech_final"]
    assert transcript(result) == TEXT
    entries = [e for e in socket.journal.since(0) if e["kind"] == "stt_final"]
    assert [(e["call_sid"], e["text"], e["forced"]) for e in entries] == [("CA1", TEXT, True)]


async def test_empty_interim_results_are_sent_in_silence() -> None:
    """One a second, and none if interim results were not requested."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(make_silence(3500))
    async with open_session(NovaSession, oracle_with(TEXT), {}) as quiet:
        await quiet.send_audio(make_silence(3500))

    found = [(m["is_final"], transcript(m), m["start"]) for m in socket.received]
    assert found == [(False, "", 0.0)] * 3
    assert not quiet.received
    for message in socket.received:
        assert_fits(TYPES[message["type"]], message)


async def test_the_text_is_written_as_requested() -> None:
    """The words have their written form beside the recognised one; speakers and languages are numbered."""
    more = {"smart_format": "true", "diarize": "true", "language": "multi"}
    async with open_session(NovaSession, oracle_with(TEXT), ALL | more) as socket:
        await socket.send_audio(AUDIO)
        [result] = await socket.wait_for(is_speech_final)

    assert transcript(result) == "Tuesday afternoon would be good."
    alternative = result["channel"]["alternatives"][0]
    first = alternative["words"][0]
    assert (first["word"], first["punctuated_word"]) == ("tuesday", "Tuesday")
    assert (first["speaker"], first["language"], alternative["languages"]) == (0, "en", ["en"])
    assert_fits(ListenV1Results, result)


async def test_close_stream_sends_the_final_result_and_the_metadata() -> None:
    """The socket is then closed."""
    async with open_session(NovaSession, oracle_with(TEXT), ALL) as socket:
        await socket.send_audio(AUDIO)
        assert not await socket.send({"type": "CloseStream"})

    assert [m["type"] for m in socket.received[-2:]] == ["Results", "Metadata"]
    assert socket.received[-1]["duration"] == len(AUDIO) / 8000
    assert_fits(ListenV1Metadata, socket.received[-1])


async def test_configure_accepts_keyterms_for_nova_3_only() -> None:
    """Other models, and too many words, are answered with ConfigureFailure."""
    async with open_session(NovaSession, oracle_with(TEXT), {}) as socket:
        await socket.send({"type": "Configure", "keyterms": ["a"]})
        await socket.send({"type": "Configure", "keyterms": ["a " * 501]})
    async with open_session(NovaSession, oracle_with(TEXT), {"model": "nova-2"}) as old:
        await old.send({"type": "Configure", "keyterms": ["a"]})

    received = socket.received + old.received
    assert [m["type"] for m in received] == ["ConfigureSuccess", "ConfigureFailure", "ConfigureFailure"]
    assert received[0]["keyterms"] == ["a"]
    for message in received:
        assert_fits(TYPES[message["type"]], message)


async def test_an_unknown_message_is_answered_with_an_error() -> None:
    """The socket stays open; KeepAlive is not answered."""
    async with open_session(NovaSession, oracle_with(TEXT), {}) as socket:
        assert await socket.send({"type": "Dance"})
        assert await socket.send({"type": "KeepAlive"})

    [error] = socket.received
    assert error["variant"] == "SchemaError"
    assert_fits(ListenV1Error, error)
