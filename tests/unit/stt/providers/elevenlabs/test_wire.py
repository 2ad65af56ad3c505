"""Scribe's messages become events, whatever their order."""

from typing import Any

from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, SttEvent, UtteranceEnd
from services.stt.provider_clock import ProviderClock
from services.stt.providers.elevenlabs.wire import MessageReader

WORDS = [
    {"text": "Yes.", "start": 0.1, "end": 0.4, "type": "word", "logprob": 0.0},
    {"text": " ", "start": 0.4, "end": 0.5, "type": "spacing", "logprob": 0.0},
]


def reader(*, sent_ms: int = 1000, commits_itself: bool = False) -> tuple[MessageReader, ProviderClock]:
    """A reader on a connection that has received audio from call time 5000 ms on."""
    clock = ProviderClock()
    clock.audio_sent(sent_ms * 8, 5000)
    return MessageReader(clock, silence_ms=300, commits_itself=commits_itself), clock


def message(kind: str, text: str, **more: Any) -> dict[str, Any]:
    """A message with a text."""
    return {"message_type": kind, "text": text, **more}


def kinds(events: list[SttEvent]) -> list[str]:
    """The names of the events' types."""
    return [type(event).__name__ for event in events]


def test_a_partial_transcript_covers_audio_a_little_before_it() -> None:
    """It has no times of its own."""
    made, _ = reader()
    assert made.read(message("partial_transcript", " yes ")) == [InterimTranscript("yes", (), 5800)]


def test_a_committed_text_waits_for_its_times() -> None:
    """The final transcript covers the audio up to the commit, not what was sent after it."""
    made, clock = reader()
    made.committed()
    clock.audio_sent(800, 6000)

    assert made.read(message("committed_transcript", "Yes.")) == [KeepAlive()]
    assert made.holds_text
    timed = message("committed_transcript_with_timestamps", "Yes.", words=WORDS, language_code="en")
    [final] = made.read(timed)
    assert isinstance(final, FinalTranscript)
    assert (final.text, final.end_ms, final.speech_final, final.languages) == ("Yes.", 6000, True, ("en",))
    [word] = final.words
    assert (word.text, word.start_ms, word.end_ms, word.confidence) == ("Yes.", 5100, 5400, 1.0)
    assert not made.holds_text


def test_a_text_without_times_is_not_lost() -> None:
    """The next message, or a time limit, releases it without times."""
    made, _ = reader()
    made.committed()
    made.read(message("committed_transcript", "Yes."))

    assert kinds(made.read(message("partial_transcript", "and"))) == ["FinalTranscript", "InterimTranscript"]
    made.read(message("committed_transcript", "And."))
    assert kinds(made.release()) == ["FinalTranscript"]
    assert made.release() == []


def test_an_empty_commit_is_answered_once() -> None:
    """Its second message, if any, is not another final transcript."""
    made, _ = reader()
    made.committed()

    assert kinds(made.read(message("committed_transcript", ""))) == ["FinalTranscript"]
    assert made.read(message("committed_transcript_with_timestamps", "", words=[])) == [KeepAlive()]
    assert not made.commit_pending


def test_an_ignored_commit_is_no_longer_waited_for() -> None:
    """The next commit may be sent."""
    made, _ = reader()
    made.committed()

    assert made.read({"message_type": "commit_throttled", "error": "x"}) == [KeepAlive()]
    assert not made.commit_pending


def test_a_commit_after_a_gap_reports_the_gap() -> None:
    """The local detector may take noise for speech."""
    made, _ = reader()
    made.committed(after_gap=True)
    timed = message("committed_transcript_with_timestamps", "Yes.", words=WORDS)

    [final, end] = made.read(timed)
    assert isinstance(final, FinalTranscript)
    assert not final.speech_final
    assert end == UtteranceEnd(5400)


def test_a_commit_of_the_provider_covers_the_silence_that_it_waited_for() -> None:
    """Its place in the audio is not reported."""
    made, _ = reader(commits_itself=True)
    [final] = made.read(message("committed_transcript_with_timestamps", "Yes.", words=WORDS))

    assert isinstance(final, FinalTranscript)
    assert (final.end_ms, final.speech_final) == (5700, True)


def test_late_times_do_not_repeat_a_text() -> None:
    """The text was returned without them, and they do not answer the next commit."""
    made, clock = reader()
    made.committed()
    made.read(message("committed_transcript", "Yes."))
    assert kinds(made.release()) == ["FinalTranscript"]
    clock.audio_sent(800, 6000)
    made.committed()

    late = message("committed_transcript_with_timestamps", "Yes.", words=WORDS)
    assert made.read(late) == [KeepAlive()]
    assert made.commit_pending
    made.read(message("committed_transcript", "Yes."))
    [final] = made.read(late)
    assert isinstance(final, FinalTranscript)
    assert (final.text, final.end_ms) == ("Yes.", 6100)


def test_a_commit_without_an_answer_is_waited_for_briefly() -> None:
    """Otherwise no further commit would be sent in the call."""
    made, clock = reader()
    made.committed()
    clock.audio_sent(8 * 4000, 6000)

    assert not made.commit_pending
