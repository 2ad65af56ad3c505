"""Tests for the agent's words with the times at which they were played."""

from parley.echo.agent_speech import AgentSpeech
from parley.v1.playback_pb2 import PlaybackFinished, PlaybackProgressed, PlaybackStarted
from parley.v1.reply_pb2 import ReplyClause
from parley.v1.synthesis_pb2 import ClauseSynthesized, WordTiming
from tests.unit.parley.echo.spoken import WORD_MS, played

TEXT = "We are open. Shall I book it?"


def speech(*, played_ms: int | None = None, timed: bool = True) -> AgentSpeech:
    agent = AgentSpeech()
    for body in played(TEXT, at_ms=1000, played_ms=played_ms, timed=timed):
        agent.apply(body)
    return agent


def test_words_have_the_times_of_their_playback() -> None:
    """Words of a question are marked."""
    words = speech().words_between(0, 10_000)

    assert [word.text for word in words] == ["we", "are", "open", "shall", "i", "book", "it"]
    assert [word.in_question for word in words] == [False] * 3 + [True] * 4
    assert (words[2].start_ms, words[2].end_ms) == (1000 + 2 * WORD_MS, 1000 + 3 * WORD_MS)


def test_words_after_a_pause_were_not_played() -> None:
    """They follow when playback continues, at their new times."""
    agent = speech(played_ms=3 * WORD_MS)
    assert [word.text for word in agent.words_between(0, 10_000)] == ["we", "are", "open"]
    assert not agent.speaks_at(1000 + 4 * WORD_MS)

    agent.apply(PlaybackStarted(reply_id="r1", from_sample=3 * WORD_MS * 8, at_ms=5000))
    assert agent.words_between(5000, 5000)[0].text == "shall"
    assert agent.speaks_at(5100)


def test_a_mark_that_returns_late_moves_the_words() -> None:
    """Twilio played the audio later than it was sent."""
    agent = AgentSpeech()
    for body in list(played(TEXT, at_ms=1000))[:-1]:
        agent.apply(body)
    agent.apply(PlaybackProgressed(reply_id="r1", played_samples=WORD_MS * 8, at_ms=1000 + WORD_MS + 250))

    assert agent.words_between(0, 10_000)[0].start_ms == 1250


def test_without_word_timings_the_words_are_spread_evenly() -> None:
    """The clause has only a start and an end."""
    assert speech(timed=False).words_between(0, 10_000)[3].start_ms == 1000 + 3 * WORD_MS


def test_a_clause_that_is_still_synthesized_has_assumed_times() -> None:
    """It follows the clauses before it, and its real times replace the assumed ones."""
    agent = AgentSpeech()
    for body in played("Hello there.", at_ms=1000):
        if not isinstance(body, PlaybackFinished):
            agent.apply(body)
    agent.apply(ReplyClause(reply_id="r1", clause=1, text=TEXT))

    words = agent.words_between(0, 10_000)
    assert [word.text for word in words[:5]] == ["hello", "there", "we", "are", "open"]
    assert [word.start_ms - 1000 for word in words[2:4]] == [600, 600 + 3 * 65]
    assert agent.speaks_at(2500)
    agent.apply(ClauseSynthesized(reply_id="r1", clause=1, words=[WordTiming(text="We", start_ms=640)]))
    assert [word.start_ms for word in agent.words_between(1500, 10_000)] == [1640]


def test_memory_is_bounded() -> None:
    """Only the latest replies are kept."""
    agent = AgentSpeech()
    for number in range(100):
        for body in played(TEXT, at_ms=1000 * number, reply_id=f"r{number}"):
            agent.apply(body)

    assert {word.start_ms // 1000 for word in agent.words_between(0, 200_000)} <= set(range(92, 103))
