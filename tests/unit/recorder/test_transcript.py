"""The transcript contains the caller's turns, and the replies as far as they were played."""

from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from parley.v1.reply_pb2 import ReplyCancelled, ReplyClause, ReplyStarted
from parley.v1.speech_pb2 import SpeechStarted, TranscriptUpdated, TurnEnded, Word
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from services.recorder.transcript import Line, transcript
from tests.event_factories import events_of

TEXTS = (
    (0, ReplyStarted(reply_id="r1", turn=3)),
    (1, ReplyClause(reply_id="r1", clause=0, text="Yes. ")),
    (2, ReplyClause(reply_id="r1", clause=1, text="We open at nine.")),
    (3, ClauseSynthesized(reply_id="r1", clause=0, start_sample=0, end_sample=800)),
)
WORDS = ClauseSynthesized(
    reply_id="r1",
    clause=1,
    start_sample=800,
    end_sample=4000,
    words=[
        WordTiming(text="We", start_ms=100, end_ms=200),
        WordTiming(text="open", start_ms=200, end_ms=300),
        WordTiming(text="at", start_ms=300, end_ms=400),
        WordTiming(text="nine.", start_ms=400, end_ms=500),
    ],
)
NO_WORDS = ClauseSynthesized(reply_id="r1", clause=1, start_sample=800, end_sample=4000)


def test_a_reply_played_to_its_end_is_complete() -> None:
    """Its line has the text of all clauses and the times of its audio."""
    events = events_of(
        *TEXTS,
        (10, PlaybackStarted(reply_id="r1", at_ms=50)),
        (550, PlaybackFinished(reply_id="r1", played_samples=4000, at_ms=550)),
    )

    assert transcript(events, 1000) == (Line("agent", "Yes. We open at nine.", 50, 550, 3, "r1"),)


def test_an_interrupted_reply_is_cut_to_the_word() -> None:
    """Its line contains only words that were played completely."""
    events = events_of(
        *TEXTS,
        (4, WORDS),
        (10, PlaybackStarted(reply_id="r1", at_ms=50)),
        (300, PlaybackPaused(reply_id="r1", played_samples=2500, at_ms=360)),
        (310, BargeIn(reply_id="r1", played_samples=2500, at_ms=370)),
    )

    [line] = transcript(events, 1000)

    assert (line.text, line.interrupted, line.end_ms) == ("Yes. We open", True, 362)


def test_words_without_timings_are_spread_evenly() -> None:
    """Half of the clause's audio is half of its words."""
    events = events_of(
        *TEXTS,
        (4, NO_WORDS),
        (10, PlaybackStarted(reply_id="r1", at_ms=50)),
        (310, BargeIn(reply_id="r1", played_samples=2400, at_ms=350)),
    )

    [line] = transcript(events, 1000)

    assert line.text == "Yes. We open"


def test_a_resumed_reply_is_one_line() -> None:
    """A pause, caused by a cough, splits the audio but not the line."""
    events = events_of(
        *TEXTS,
        (10, PlaybackStarted(reply_id="r1", at_ms=50)),
        (100, PlaybackPaused(reply_id="r1", played_samples=400, at_ms=100)),
        (300, PlaybackStarted(reply_id="r1", from_sample=400, at_ms=300)),
        (750, PlaybackFinished(reply_id="r1", played_samples=4000, at_ms=750)),
    )

    assert [(line.start_ms, line.end_ms) for line in transcript(events, 1000)] == [(50, 750)]


def test_a_reply_that_was_not_played_has_no_line() -> None:
    """A discarded speculation is an example."""
    events = events_of(*TEXTS, (9, ReplyCancelled(reply_id="r1", reason="speculation")))

    assert transcript(events, 1000) == ()


def test_the_end_of_the_call_cuts_the_reply() -> None:
    """Audio is assumed to have played in real time until the end."""
    events = events_of(
        *TEXTS,
        (4, WORDS),
        (10, PlaybackStarted(reply_id="r1", at_ms=50)),
        (150, PlaybackProgressed(reply_id="r1", played_samples=400, at_ms=100)),
    )

    [line] = transcript(events, 50 + 320)

    assert line.text == "Yes. We open"


def test_a_turn_lasts_from_its_first_to_its_last_speech() -> None:
    """Its start comes from the voice activity detector, its text from the event that ended it."""
    events = events_of(
        (120, SpeechStarted(at_ms=100)),
        (300, TranscriptUpdated(turn=1, text="hel", audio_end_ms=250)),
        (500, SpeechStarted(at_ms=480)),
        (900, TurnEnded(turn=1, text="hello there", speech_end_ms=800, audio_end_ms=900)),
    )

    assert transcript(events, 1000) == (Line("caller", "hello there", 100, 800, 1),)


def test_a_cough_before_a_turn_is_not_part_of_it() -> None:
    """The turn starts with the speech that has words."""
    events = events_of(
        (120, SpeechStarted(at_ms=100)),
        (5020, SpeechStarted(at_ms=5000)),
        (5900, TurnEnded(turn=1, text="hello", speech_end_ms=5800, audio_end_ms=5900)),
    )

    assert [line.start_ms for line in transcript(events, 6000)] == [5000]


def test_a_turn_that_has_ended_is_final() -> None:
    """Later events of the provider or of the next owner do not change it."""
    events = events_of(
        (120, SpeechStarted(at_ms=100)),
        (
            400,
            TranscriptUpdated(
                turn=1, text="hello", words=[Word(text="hello", start_ms=110)], audio_end_ms=350
            ),
        ),
        (900, TurnEnded(turn=1, text="hello there", speech_end_ms=800, audio_end_ms=900)),
        (950, TranscriptUpdated(turn=1, text="", audio_end_ms=940)),
        (960, TurnEnded(turn=1, text="again", speech_end_ms=810, audio_end_ms=900)),
    )

    assert transcript(events, 1000) == (Line("caller", "hello there", 110, 800, 1),)


def test_a_turn_without_an_end_has_a_line() -> None:
    """The call may end while the caller is speaking."""
    words = [Word(text="wait", start_ms=210, end_ms=290)]
    events = events_of((300, TranscriptUpdated(turn=1, text="wait", words=words, audio_end_ms=290)))

    assert transcript(events, 400) == (Line("caller", "wait", 210, 290, 1),)


def test_lines_are_in_the_order_of_their_start() -> None:
    """The order of the events does not matter."""
    events = events_of(
        *TEXTS,
        (10, PlaybackStarted(reply_id="r1", at_ms=500)),
        (400, SpeechStarted(at_ms=100)),
        (900, TurnEnded(turn=1, text="hi", speech_end_ms=200, audio_end_ms=900)),
        (1000, PlaybackFinished(reply_id="r1", played_samples=4000, at_ms=1000)),
    )

    assert [line.speaker for line in transcript(events, 1000)] == ["caller", "agent"]


def test_a_turn_gets_its_words_after_its_end() -> None:
    """In mode `realtime` they are transcribed later; a repetition changes nothing."""
    events = events_of(
        (1000, SpeechStarted(at_ms=1000)),
        (3000, TurnEnded(turn=1, speech_end_ms=2500, audio_end_ms=3000, transcript_pending=True)),
        (3400, TranscriptUpdated(turn=1, text="Hello.", final=True, audio_end_ms=3000)),
        (3500, TranscriptUpdated(turn=1, text="Other.", final=True, audio_end_ms=3000)),
    )
    assert transcript(events, 5000) == (Line("caller", "Hello.", 1000, 2500, 1),)
