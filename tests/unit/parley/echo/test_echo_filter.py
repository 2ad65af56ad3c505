"""Tests for removing the agent's own words from transcripts."""

import pytest

from parley.echo.agent_speech import AgentSpeech
from parley.echo.echo_filter import EchoFilter
from parley.providers.stt import Word
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized
from tests.unit.parley.echo.spoken import WORD_MS, played, words_at

GREETING = "Hello, this is the Riverside clinic. How can I help you today?"
LENGTH_MS = len(GREETING.split()) * WORD_MS


def remaining_of(text: str, *utterance: tuple[str, int], final: bool = True) -> str:
    """Return what is left of words that were transcribed, each with the call time of its start."""
    return echo_filter(text).filter(*transcribed(*utterance), final=final).text


def echo_filter(text: str, *, played_ms: int | None = None) -> EchoFilter:
    speech = AgentSpeech()
    for body in played(text, at_ms=1000, played_ms=played_ms):
        speech.apply(body)
    return EchoFilter(speech)


def transcribed(*utterance: tuple[str, int]) -> tuple[str, tuple[Word, ...], int]:
    words = tuple(word for text, at_ms in utterance for word in words_at(text, at_ms))
    return " ".join(word.text for word in words), words, words[-1].end_ms


@pytest.mark.parametrize("delay_ms", [100, 300, 700, 1500])
@pytest.mark.parametrize(
    "text",
    [
        GREETING,
        "hello this is the riverside clinic how can i help you today",
        "Hello this is a river side clinic how can I help you to day",
        "low this is the Riverside clinics. Oh can I helped you today?",
        "Hello this the clinic how can help you today",
    ],
)
def test_an_echo_is_removed(text: str, delay_ms: int) -> None:
    """With the mistakes of a recogniser, and whatever the delay."""
    words = words_at(text, 1000 + delay_ms, LENGTH_MS // len(text.split()))
    filtered = echo_filter(GREETING).filter(text, tuple(words), words[-1].end_ms, final=True)

    assert filtered.text == ""


@pytest.mark.parametrize("delay_ms", [150, 400, 900])
@pytest.mark.parametrize("utterance", ["I need an appointment", "no", "Tuesday please", "wait"])
def test_words_of_the_caller_after_an_echo_remain(utterance: str, delay_ms: int) -> None:
    """The recogniser may write both as one sentence."""
    after_ms = 1000 + LENGTH_MS + delay_ms

    assert remaining_of(GREETING, (GREETING, 1000 + delay_ms), (utterance, after_ms)) == utterance


def test_an_echo_that_arrives_in_pieces_is_removed() -> None:
    """Each piece is a transcript of its own."""
    text = GREETING.split()
    filtering = echo_filter(GREETING)
    for first in range(0, len(text), 3):
        piece = " ".join(text[first : first + 3])
        at_ms = 1000 + first * WORD_MS + 400

        assert filtering.filter(*transcribed((piece, at_ms)), final=True).text == ""


def test_a_growing_interim_transcript_of_an_echo_never_shows_a_word() -> None:
    """The first word alone would already be a barge-in."""
    text = GREETING.split()
    filtering = echo_filter(GREETING)

    for count in range(1, len(text) + 1):
        assert filtering.filter(*transcribed((" ".join(text[:count]), 1800)), final=False).text == ""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Would you like Tuesday or Wednesday?", "Wednesday"),
        ("Would you like Tuesday or Wednesday?", "Tuesday"),
        ("Did you say five?", "Five."),
        ("Is that Miller or Muller?", "Muller"),
        ("Shall I book it for Tuesday at five?", "Tuesday at five"),
        ("Shall I book it for Tuesday at five?", "Yes, Tuesday at five"),
        ("Your number ends in four two seven.", "four two seven"),
    ],
)
@pytest.mark.parametrize("after_ms", [250, 600, 1200])
def test_words_repeated_as_an_answer_are_no_echo(question: str, answer: str, after_ms: int) -> None:
    """The caller begins after the agent has finished."""
    at_ms = 1000 + len(question.split()) * WORD_MS + after_ms

    assert remaining_of(question, (answer, at_ms)) == answer
    assert remaining_of(question, (answer, at_ms), final=False) == answer


def test_an_answer_given_during_the_alternatives_is_the_callers() -> None:
    """The word has ended when the caller repeats it."""
    question = "Would you like Tuesday or Wednesday or Thursday?"
    at_ms = 1000 + 4 * WORD_MS + 150

    assert remaining_of(question, ("Tuesday", at_ms)) == "Tuesday"


@pytest.mark.parametrize("utterance", ["no wait", "I have a question", "stop", "what about Thursday"])
def test_other_words_remain_while_the_agent_speaks(utterance: str) -> None:
    """They are a barge-in, in interim transcripts as well."""
    assert remaining_of(GREETING, (utterance, 2000)) == utterance
    assert remaining_of(GREETING, (utterance, 2000), final=False) == utterance


SENTENCE = "I can help you with that refill today, and it will take only one short moment of your time."


@pytest.mark.parametrize("final", [False, True])
@pytest.mark.parametrize("timed", [False, True])
@pytest.mark.parametrize(
    "utterance",
    ["what are your opening hours", "can you call me back", "I only want to know the price", "what"],
)
def test_a_barge_in_loses_no_word_that_the_agent_uses_as_well(
    utterance: str, timed: bool, final: bool
) -> None:
    """Whenever it begins, and whether or not the words that are playing have timings yet."""
    speech = AgentSpeech()
    for body in played(SENTENCE, at_ms=1000):
        if timed or not isinstance(body, ClauseSynthesized | PlaybackFinished):
            speech.apply(body)
    filtering = EchoFilter(speech)
    for at_ms in range(1050, 7000, 50):
        left = filtering.filter(*transcribed((utterance, at_ms)), final=final)
        may_become_an_echo = not final and len(utterance.split()) == 1
        assert left.text == utterance or may_become_an_echo, at_ms


def test_the_first_words_of_a_reply_are_an_echo_however_short() -> None:
    """The agent was paused by its own first word; later, such a word is the caller's."""
    filtering = echo_filter("No problem, there is no charge.", played_ms=450)
    assert filtering.filter(*transcribed(("No.", 1200)), final=True).text == ""

    assert remaining_of("It is free, there is no charge.", ("No.", 1000 + 5 * WORD_MS + 100)) == "No."


@pytest.mark.parametrize("delay_ms", [150, 420, 600, 780])
def test_an_echo_of_the_first_words_is_removed_after_a_resumed_pause(delay_ms: int) -> None:
    """Also if it returns after its words have ended, while the agent continues."""
    speech = AgentSpeech()
    for body in played(GREETING, at_ms=1000, played_ms=200):
        speech.apply(body)
    speech.apply(PlaybackStarted(reply_id="r1", from_sample=200 * 8, at_ms=1900))
    filtering = EchoFilter(speech)

    assert filtering.filter(*transcribed(("Hello, this", 1900 + delay_ms)), final=True).text == ""


def test_a_line_with_an_echo_keeps_the_callers_words() -> None:
    """At the delay of its echo, a word beside others must be long enough and equal to be removed."""
    text = f"{GREETING} We can see you when you are here."
    at_ms = 1000 + (len(GREETING.split()) + 1) * WORD_MS + 500
    filtering = echo_filter(text)
    assert filtering.filter(*transcribed((GREETING, 1500)), final=True).text == ""

    assert filtering.filter(*transcribed(("can I ask something", at_ms)), final=True).text.endswith(
        "I ask something"
    )
    assert filtering.filter(*transcribed(("cars are expensive", at_ms)), final=True).text == (
        "cars are expensive"
    )


@pytest.mark.parametrize("after_ms", [100, 500, 900])
def test_several_words_repeated_as_an_answer_during_the_alternatives_remain(after_ms: int) -> None:
    """The agent continues with the next alternative."""
    question = "Would you like Tuesday at five or Wednesday at nine in the morning?"
    at_ms = 1000 + 6 * WORD_MS + after_ms

    assert remaining_of(question, ("Tuesday at five", at_ms)) == "Tuesday at five"


def test_words_are_not_compared_with_earlier_replies() -> None:
    """A caller may quote the agent."""
    assert remaining_of(GREETING, ("how can I help you today", 15_000)) == "how can I help you today"


def test_audio_that_was_not_played_has_no_echo() -> None:
    """Playback was paused before these words."""
    filtering = echo_filter(GREETING, played_ms=WORD_MS * 4)

    assert filtering.filter(*transcribed(("how can I help you today", 3500)), final=True).removed == 0


def test_a_provider_without_word_times_is_filtered_as_well() -> None:
    """The words are assumed to precede the end of the audio."""
    end_ms = 1000 + LENGTH_MS + 300
    left = echo_filter(GREETING).filter(GREETING, (), end_ms, final=True)

    assert (left.text, left.words) == ("", ())


def test_the_delay_of_an_earlier_echo_removes_a_single_word() -> None:
    """A line that has had an echo is likely to have another one."""
    filtering = echo_filter(GREETING + " We are open all week from eight to six.")
    assert filtering.filter(*transcribed((GREETING, 1500)), final=True).text == ""
    week_ms = 1000 + (len(GREETING.split()) + 4) * WORD_MS

    assert filtering.filter(*transcribed(("week", week_ms + 500)), final=True).text == ""
