"""AssemblyAI's messages become the states of turns, whatever their order."""

from typing import Any

from parley.providers.stt import KeepAlive, ProviderTurn, SttEvent
from services.stt.provider_clock import ProviderClock
from services.stt.providers.assemblyai.wire import MessageReader


def reader(*, waits_for_format: bool = False) -> MessageReader:
    """A reader on a connection that has received 3 s of audio from call time 5000 ms on."""
    clock = ProviderClock()
    clock.audio_sent(24_000, 5000)
    return MessageReader(clock, "c1", waits_for_format=waits_for_format)


def turn(text: str, *words: tuple[str, bool], order: int = 0, **more: Any) -> dict[str, Any]:
    """A Turn message; each word lasts 100 ms."""
    listed = [
        {"text": word, "start": n * 100, "end": n * 100 + 100, "confidence": 0.9, "word_is_final": final}
        for n, (word, final) in enumerate(words)
    ]
    return {
        "type": "Turn",
        "turn_order": order,
        "end_of_turn": False,
        "turn_is_formatted": False,
        "transcript": text,
        "utterance": "",
        "words": listed,
        **more,
    }


def states(events: list[SttEvent]) -> list[tuple[str, str, str]]:
    """Event, text and turn of each event."""
    assert all(isinstance(event, ProviderTurn) for event in events)
    return [(e.event, e.text, e.provider_turn) for e in events if isinstance(e, ProviderTurn)]


def test_words_that_are_not_final_are_part_of_the_text() -> None:
    """The transcript has final words only."""
    made = reader()

    [event] = made.read(turn("", ("hi", False)))
    assert isinstance(event, ProviderTurn)
    assert states([event]) == [("start", "hi", "c1-0")]
    assert [(w.text, w.start_ms, w.end_ms) for w in event.words] == [("hi", 5000, 5100)]
    assert states(made.read(turn("hi", ("hi", True), ("my", False)))) == [("update", "hi my", "c1-0")]
    assert states(made.read(turn("hi my", ("hi", True), ("my", False)))) == [("update", "hi my", "c1-0")]


def test_an_utterance_announces_the_end_and_more_words_retract_it() -> None:
    """A repeated text retracts nothing."""
    made = reader()
    made.read(turn("hi", ("hi", True)))

    assert states(made.read(turn("hi", ("hi", True), utterance="hi"))) == [("eager", "hi", "c1-0")]
    assert states(made.read(turn("hi", ("hi", True)))) == [("update", "hi", "c1-0")]
    assert states(made.read(turn("hi", ("hi", True), ("i", False)))) == [("resumed", "hi i", "c1-0")]


def test_the_end_covers_the_audio_to_the_last_word() -> None:
    """The position in the audio is not reported."""
    end = turn("hi there", ("hi", True), ("there", True), end_of_turn=True, language_code="en")
    [event] = reader().read(end)

    assert isinstance(event, ProviderTurn)
    assert (event.event, event.end_ms, event.languages) == ("end", 5400, ("en",))


def test_a_turn_ends_with_its_format() -> None:
    """The next turn, or a time limit, ends it without."""
    made = reader(waits_for_format=True)
    end = turn("hi", ("hi", True), end_of_turn=True)

    assert states(made.read(end)) == [("eager", "hi", "c1-0")]
    assert made.awaits_format
    assert states(made.read({**end, "transcript": "Hi.", "turn_is_formatted": True})) == [
        ("end", "Hi.", "c1-0")
    ]
    assert not made.awaits_format
    made.read({**end, "turn_order": 1})
    later = made.read(turn("", ("yes", False), order=2))
    assert states(later) == [("end", "hi", "c1-1"), ("start", "yes", "c1-2")]
    made.read({**end, "turn_order": 3})
    assert states(made.release()) == [("end", "hi", "c1-3")]


def test_other_messages_show_that_the_provider_responds() -> None:
    """A Turn without a number is one of them."""
    for message in (
        {"type": "SpeechStarted", "timestamp": 1},
        {"type": "Turn"},
        {"type": "Turn", "turn_order": True},
    ):
        assert reader().read(message) == [KeepAlive()]
