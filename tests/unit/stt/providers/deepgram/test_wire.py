"""Deepgram's messages as transcription events."""

from types import SimpleNamespace
from typing import Any

import pytest
from deepgram.core.unchecked_base_model import construct_type
from deepgram.listen.v1.socket_client import V1SocketClientResponse
from deepgram.listen.v2.socket_client import V2SocketClientResponse
from hypothesis import given
from hypothesis import strategies as st

from parley.errors import ProviderError, ProviderUnavailable
from parley.providers.stt import (
    FinalTranscript,
    InterimTranscript,
    KeepAlive,
    ProviderTurn,
    SttEvent,
    UtteranceEnd,
    Word,
)
from parley.v1.speech_pb2 import TranscriptUpdated
from services.stt.provider_clock import ProviderClock
from services.stt.providers.deepgram.wire import MessageReader
from tests.json_strategies import ANY_TEXT, ODD_NUMBERS, nearly


def read(message: Any, *, flux: bool = False) -> SttEvent | None:
    """Read a message of a connection whose audio began at call time 5000."""
    clock = ProviderClock()
    clock.audio_sent(16_000, 5000)
    return MessageReader(clock, "c1", flux=flux).read(message)


def results(*, is_final: bool, speech_final: bool = False) -> SimpleNamespace:
    """A Results message for the audio from 0.5 s to 1.5 s."""
    word = SimpleNamespace(word="hello", punctuated_word="Hello,", start=0.6, end=0.9, confidence=0.75)
    alternative = SimpleNamespace(transcript="Hello,", words=[word])
    return SimpleNamespace(
        type="Results",
        channel=SimpleNamespace(alternatives=[alternative]),
        start=0.5,
        duration=1.0,
        is_final=is_final,
        speech_final=speech_final,
    )


def test_the_languages_of_a_multilingual_model_are_read() -> None:
    """Values that are no tags are left to the stage, which drops them."""
    message = results(is_final=True)
    message.channel.alternatives[0].languages = ["hi", "en", None, 3]

    assert read(message) == FinalTranscript("Hello,", HELLO, 6500, languages=("hi", "en"))


HELLO = (Word("Hello,", 5600, 5900, 0.75),)


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (results(is_final=False), InterimTranscript("Hello,", HELLO, 6500)),
        (results(is_final=True), FinalTranscript("Hello,", HELLO, 6500)),
        (
            results(is_final=True, speech_final=True),
            FinalTranscript("Hello,", HELLO, 6500, speech_final=True),
        ),
        (SimpleNamespace(type="UtteranceEnd"), UtteranceEnd()),
        (SimpleNamespace(type="UtteranceEnd", last_word_end=-1), UtteranceEnd()),
        (SimpleNamespace(type="UtteranceEnd", last_word_end=1.5), UtteranceEnd(6500)),
        (SimpleNamespace(type="SpeechStarted"), KeepAlive()),
        (SimpleNamespace(type="Results", channel=SimpleNamespace(alternatives=[])), None),
        (SimpleNamespace(), None),
    ],
)
def test_messages_of_nova_become_events(message: SimpleNamespace, event: SttEvent | None) -> None:
    """Times on the connection become call times."""
    assert read(message) == event


def turn_info(event: str) -> SimpleNamespace:
    """A TurnInfo message whose word has no times."""
    return SimpleNamespace(
        type="TurnInfo",
        event=event,
        transcript="hello",
        words=[SimpleNamespace(word="hello", confidence=0.5)],
        audio_window_end=1.5,
        turn_index=3,
    )


@pytest.mark.parametrize(
    ("name", "event"),
    [
        ("StartOfTurn", "start"),
        ("Update", "update"),
        ("EagerEndOfTurn", "eager"),
        ("TurnResumed", "resumed"),
        ("EndOfTurn", "end"),
    ],
)
def test_messages_of_flux_become_events(name: str, event: Any) -> None:
    """A word without times is placed at the end of the transcribed audio."""
    word = Word("hello", 6500, 6500, 0.5)

    assert read(turn_info(name), flux=True) == ProviderTurn("hello", (word,), 6500, event, "c1-3")


@pytest.mark.parametrize(
    ("message", "event"),
    [
        (turn_info("Unknown"), None),
        (SimpleNamespace(type="Connected"), KeepAlive()),
        (SimpleNamespace(), None),
    ],
)
def test_other_messages_of_flux(message: SimpleNamespace, event: SttEvent | None) -> None:
    """An event of a later version of the API is ignored."""
    assert read(message, flux=True) == event


@pytest.mark.parametrize("flux", [False, True])
def test_an_error_message_raises(flux: bool) -> None:
    """The connection cannot be used any further."""
    error = SimpleNamespace(type="Error", description="NET-0001", code="NET-0001")

    with pytest.raises(ProviderUnavailable, match="NET-0001"):
        read(error, flux=flux)


@pytest.mark.parametrize("flux", [False, True])
def test_a_message_without_a_required_field_is_ignored(flux: bool) -> None:
    """The SDK passes it on unvalidated."""
    incomplete = SimpleNamespace(
        type="TurnInfo" if flux else "Results",
        channel=SimpleNamespace(alternatives=[SimpleNamespace(transcript="hello")]),
    )

    assert read(incomplete, flux=flux) is None


_WORD = nearly(
    word=ANY_TEXT,
    punctuated_word=ANY_TEXT,
    start=st.floats(0, 9),
    end=st.floats(0, 9),
    confidence=st.floats(0, 1),
)
_MESSAGE = nearly(
    type=st.sampled_from(
        ["Results", "UtteranceEnd", "SpeechStarted", "Metadata", "Error", "TurnInfo", "Connected"]
    ),
    channel=nearly(
        alternatives=st.lists(nearly(transcript=ANY_TEXT, words=st.lists(_WORD, max_size=3)), max_size=2)
    ),
    start=st.floats(0, 9) | ODD_NUMBERS,
    duration=st.floats(0, 9) | ODD_NUMBERS,
    is_final=st.booleans(),
    speech_final=st.booleans(),
    event=st.sampled_from(["Update", "StartOfTurn", "EagerEndOfTurn", "TurnResumed", "EndOfTurn", "New"]),
    transcript=ANY_TEXT,
    words=st.lists(_WORD, max_size=3),
    audio_window_end=st.floats(0, 9) | ODD_NUMBERS,
    turn_index=st.integers(0, 5),
)


@given(message=_MESSAGE, flux=st.booleans())
def test_any_message_is_an_event_or_nothing_or_a_failure(message: Any, *, flux: bool) -> None:
    """In the form in which the SDK parses it, and as plain attributes; every event can be stored."""
    response: Any = V2SocketClientResponse if flux else V1SocketClientResponse
    plain = SimpleNamespace(**message) if isinstance(message, dict) and "self" not in message else message
    for parsed in (_parsed(response, message), plain):
        try:
            event = read(parsed, flux=flux)
        except ProviderError as error:
            error.reason.encode()
            continue
        if isinstance(event, InterimTranscript | FinalTranscript | ProviderTurn):
            updated = TranscriptUpdated(text=event.text, audio_end_ms=event.end_ms)
            for word in event.words:
                updated.words.add(
                    text=word.text, start_ms=word.start_ms, end_ms=word.end_ms, confidence=word.confidence
                )
            updated.SerializeToString()


def _parsed(response: Any, message: Any) -> Any:
    """The message as parsed by the SDK, which skips those that it cannot parse."""
    try:
        return construct_type(type_=response, object_=message)
    except Exception:
        return None


@pytest.mark.parametrize("flux", [True, False])
@pytest.mark.parametrize("message", [b"\xff", None, 5, [], {"type": "Results"}, "text"], ids=repr)
def test_what_is_no_message_is_ignored(message: Any, *, flux: bool) -> None:
    """Binary frames, for example."""
    assert read(message, flux=flux) is None


def test_a_transcript_is_bounded() -> None:
    """A megabyte of text would exceed the bus's limit."""
    message = results(is_final=True)
    message.channel.alternatives[0].transcript = "x" * 1_000_000
    message.channel.alternatives[0].words *= 100_000

    event = read(message)
    assert isinstance(event, FinalTranscript)
    assert (len(event.text), len(event.words)) == (20_000, 4000)
