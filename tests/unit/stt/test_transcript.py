"""The transcript of the current turn."""

from parley.providers.stt import Word
from services.stt.transcript import Transcript

WORD = Word("hello", 100, 400, 0.9)


def test_final_text_stays_and_interim_text_is_replaced() -> None:
    """The final transcript replaces the interim one of the same audio."""
    transcript = Transcript().with_final("hello", [WORD], 500).with_interim("word").with_interim("world")

    assert transcript.text == "hello world"
    assert transcript.with_final("world", [], 900).text == "hello world"


def test_a_provider_may_replace_the_whole_turn() -> None:
    """Flux sends whole turns."""
    transcript = Transcript().replace_turn("hell", [], 100).replace_turn("hello there", [WORD], 900)

    assert (transcript.text, transcript.words, transcript.end_ms) == ("hello there", (WORD,), 900)
    assert transcript.final_end_ms == 0
    assert transcript.finalize().final_end_ms == 900


def test_the_languages_are_the_turns() -> None:
    """The dominant one comes first; the next turn has none yet."""
    transcript = (
        Transcript().with_final("yes", [], 500, ("en",)).with_final("haan ji", [WORD] * 2, 900, ("hi",))
    )
    turn = Transcript().replace_turn("hola", [WORD], 900, ("es", "en")).finalize()

    assert transcript.with_interim("si", [], 950, ("es",)).languages.tags == ("hi", "en", "es")
    assert transcript.next_turn().languages.tags == ()
    assert turn.languages.tags == ("es", "en")


def test_the_next_turn_is_empty_and_begins_where_this_one_ended() -> None:
    """Its audio is not transcribed again."""
    following = Transcript(turn=3).with_final("hello", [WORD], 500).next_turn()

    assert following == Transcript(turn=4, final_end_ms=500, closed_until_ms=500)


def test_a_late_final_transcript_adds_no_words_of_an_ended_turn() -> None:
    """The turn ended with the same words as an interim transcript."""
    following = Transcript().with_interim("hello", [WORD], 500).next_turn()

    assert following.with_final("hello", [WORD], 500).text == ""
    late = Word("again", 600, 900, 0.9)
    assert following.with_final("hello again", [WORD, late], 1000).text == "again"


def test_an_utterance_that_ended_before_the_current_words_does_not_end_the_turn() -> None:
    """A provider may report it late, or without its time."""
    more = Word("again", 2000, 2400, 0.9)
    final = Transcript().with_final("hello", [WORD], 500)
    continued = final.with_interim("again", [more], 2500)

    assert final.may_end_at(WORD.end_ms)
    assert final.may_end_at(None)
    assert not continued.may_end_at(WORD.end_ms)
    assert not continued.may_end_at(None)
    assert continued.may_end_at(more.end_ms)
    assert not continued.with_final("again", [more], 2500).may_end_at(WORD.end_ms)
    assert Transcript().may_end_at(WORD.end_ms)


def test_an_endless_turn_is_bounded() -> None:
    """Its events must not exceed the bus's limit."""
    transcript = Transcript()
    for _ in range(30):
        transcript = transcript.with_final("x" * 10_000, [WORD], 500)
    transcript = transcript.with_interim("y" * 1_000_000, end_ms=900)

    assert len(transcript.text) <= 50_001
    assert len(transcript.words) == 4


def test_the_words_of_a_lost_connection_are_replaced() -> None:
    """A provider that does not send whole turns transcribes the same audio again."""
    transcript = Transcript().with_final("so", [WORD], 500).replace_turn("hello", [WORD], 900)
    after = transcript.after_loss()

    assert after.text == "so hello"
    assert after.with_final("hello there", [WORD, WORD], 1200).words == (WORD,) * 3


def test_the_tail_of_the_last_word_belongs_to_the_ended_turn() -> None:
    """Another provider may transcribe the word again; later speech is the next turn's."""
    transcript = Transcript().with_interim("hello", [WORD], 300)

    assert transcript.next_turn(400).with_interim("hello", [Word("hello", 250, 420, 0.9)]).text == ""
    assert transcript.next_turn(900).with_interim("more", [Word("more", 500, 800, 0.9)]).text == "more"
