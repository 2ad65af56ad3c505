"""Has the caller finished? Provider, detector and silence together."""

from services.stt.endpointing import (
    Decision,
    EagerEndOfTurn,
    Endpointing,
    EndTurn,
    RequestFinalize,
    ResumeTurn,
)
from services.stt.turn_completion import TurnCompletion

UNFINISHED = TurnCompletion(1200, incomplete=True)


def speaking(at_ms: int = 0) -> Endpointing:
    ears = Endpointing(silence_ms=600)
    ears.on_speech_started(at_ms)
    return ears


def silent(ears: Endpointing, *until_ms: int) -> list[Decision]:
    """Sound without a voice, up to each of these times; the clock goes with the sound."""
    return [decision for at_ms in until_ms for decision in ears.on_audio(at_ms, at_ms)]


def test_the_providers_word_decides_at_once() -> None:
    """Once the detector hears no voice, nothing is waited for."""
    ears = speaking()

    assert ears.on_speech_stopped(1000) == []
    assert ears.on_final("hello", 1000, speech_final=True) == [EndTurn("speech_final")]


def test_a_word_that_comes_while_a_voice_is_heard_waits_for_its_end() -> None:
    """And is void when more words come."""
    ears = speaking()

    assert ears.on_final("hello", 1000, speech_final=True) == []
    assert ears.on_speech_stopped(1000) == [EndTurn("speech_final")]
    ears.on_speech_started(1500)
    assert ears.on_final("i need", 1800, speech_final=True) == []
    ears.on_interim("a refill", 1900)
    assert EndTurn("speech_final") not in ears.on_speech_stopped(2000)


def test_a_voice_that_has_faded_does_not_hold_up_the_providers_word() -> None:
    """The detector is sure of an end later than a quick provider."""
    ears = speaking()
    ears.on_audio(1064, 1064, paused=True, speech_end_ms=1000)

    assert ears.on_final("hello", 1064, speech_final=True) == [EndTurn("speech_final")]


def test_a_pause_with_words_that_reach_to_its_begin_is_perhaps_the_end() -> None:
    """Told again with other words; taken back when the voice goes on."""
    ears = speaking()
    ears.on_interim("hello", 700)
    assert ears.on_speech_stopped(1000) == []

    assert ears.on_interim("hello there", 1000) == [EagerEndOfTurn()]
    assert silent(ears, 1100, 1200) == []
    assert ears.on_final("hello where", 1100, speech_final=False) == [EagerEndOfTurn()]
    assert ears.on_speech_started(1300) == [ResumeTurn()]
    assert ears.on_speech_started(1300) == []


def test_a_faded_voice_that_goes_on_takes_the_eager_end_back() -> None:
    """A stop within a word."""
    ears = speaking()
    ears.on_interim("hello", 1000)

    assert ears.on_audio(1064, 1064, paused=True, speech_end_ms=1000) == [EagerEndOfTurn()]
    assert ears.on_audio(1096, 1096, paused=False) == [ResumeTurn()]


def test_silence_decides_when_the_provider_says_nothing() -> None:
    """After the agent's threshold, not before."""
    ears = speaking()
    ears.on_speech_stopped(1000)
    ears.on_final("hello", 1100, speech_final=False)

    assert silent(ears, 1599) == []
    assert silent(ears, 1600) == [EndTurn("silence")]
    assert silent(ears, 5000) == []


def test_a_freeze_of_the_line_is_no_silence() -> None:
    """Sound counts, not the clock."""
    ears = speaking()
    ears.on_speech_stopped(1000)
    ears.on_final("hello", 1100, speech_final=False)

    assert ears.on_audio(1200, 9000) == []


def test_an_unfinished_phrase_is_given_time() -> None:
    """Whatever the provider thinks; and the words of the pause go on in the same turn."""
    ears = speaking()
    ears.set_completion(UNFINISHED)
    ears.on_speech_stopped(1000)

    assert ears.on_final("my number is", 1100, speech_final=True) == []
    assert silent(ears, 1500) == []
    assert silent(ears, 1600) == [EagerEndOfTurn()]
    assert ears.on_utterance_end() == []
    assert silent(ears, 2199) == []
    assert ears.on_speech_started(2199) == [ResumeTurn()]
    ears.on_speech_stopped(3000)
    ears.set_completion(TurnCompletion())
    assert ears.on_final("not known to me", 3100, speech_final=True) == [EndTurn("speech_final")]


def test_patience_has_an_end() -> None:
    """A caller who leaves it at that is answered."""
    ears = speaking()
    ears.set_completion(UNFINISHED)
    ears.on_speech_stopped(1000)
    ears.on_final("my number is", 1100, speech_final=True)

    assert silent(ears, 2199, 2200) == [EagerEndOfTurn(), EndTurn("incomplete_turn_silence")]


def test_a_long_answer_is_not_cut_at_the_first_breath() -> None:
    """The provider's word must be followed by the agent's own threshold."""
    ears = speaking()
    ears.set_completion(TurnCompletion(600))
    ears.on_speech_stopped(1000)

    assert ears.on_final("i fell", 1100, speech_final=True) == [EagerEndOfTurn()]
    assert silent(ears, 1599, 1600) == [EndTurn("speech_final")]


def test_a_guess_is_asked_about_once_then_taken_as_it_is() -> None:
    """A provider that never makes it final does not silence the agent."""
    ears = speaking()
    ears.on_interim("hello", 900)
    ears.on_speech_stopped(1000)

    assert silent(ears, 1600) == [RequestFinalize()]
    assert silent(ears, 1700, 3000) == []
    assert silent(ears, 3100) == [EndTurn("silence")]


def test_half_a_sentence_is_no_turn_while_another_provider_is_looked_for() -> None:
    """What was lost on the way is sent again, and waited for; but not for ever."""
    for comes_back in (True, False):
        ears = speaking()
        ears.on_interim("i would like to cancel my", 900)
        ears.on_speech_stopped(1500)
        ears.on_provider_lost()

        assert silent(ears, 2200) == [RequestFinalize()]
        assert silent(ears, *range(2300, 8000, 100)) == []
        if comes_back:
            assert silent(ears, 8100) == []
            ears.on_interim("i would like to cancel my appointment", 1500)
            said = ears.on_final("i would like to cancel my appointment", 1500, speech_final=False)
            assert EndTurn("silence") in said
        else:
            assert silent(ears, 8200) == [EndTurn("silence")]


def test_a_provider_that_is_lost_again_and_again_is_not_waited_for_the_longer() -> None:
    """Each try that fails tells of it."""
    ears = speaking()
    ears.on_interim("i would like", 900)
    ears.on_speech_stopped(1500)
    ears.on_provider_lost()
    said = []
    for at_ms in range(2200, 9000, 100):
        if at_ms % 1000 == 0:
            ears.on_provider_lost()
        said += silent(ears, at_ms)

    assert said == [RequestFinalize(), EndTurn("silence")]


def test_the_next_provider_s_first_word_reaches_less_far() -> None:
    """It begins where the last final word was, behind what the lost one had guessed already."""
    ears = speaking()
    ears.on_final("i would", 3000, speech_final=False)
    ears.on_interim("like to cancel", 5000)
    ears.on_speech_stopped(6000)
    ears.on_provider_lost()
    assert silent(ears, 6600) == [RequestFinalize()]
    ears.on_interim("like", 4000)

    assert silent(ears, 8600, 9900) == []


def test_a_provider_that_catches_up_is_waited_for() -> None:
    """It hears again what was said before, and is not through."""
    ears = speaking()
    ears.on_interim("i", 300)
    ears.on_speech_stopped(3000)
    assert silent(ears, 3600) == [RequestFinalize()]
    for number, until_ms in enumerate(range(500, 2700, 400)):
        ears.on_interim("i would like" + " to" * number, until_ms)
        assert silent(ears, 4600 + 1000 * number) == []

    assert ears.on_interim("i would like to cancel my appointment", 3000) == [EagerEndOfTurn()]
    assert silent(ears, 11_000) == []
    assert silent(ears, 11_200) == [EndTurn("silence")]


def test_words_that_are_still_to_come_are_waited_for() -> None:
    """A provider that lags behind the voice has not said its last word."""
    ears = speaking()
    ears.on_final("i would", 500, speech_final=False)
    ears.on_speech_stopped(2000)

    assert silent(ears, 2600) == [RequestFinalize()]
    assert ears.on_final("like a refill", 2600, speech_final=True) == [EndTurn("speech_final")]


def test_the_end_of_an_utterance_ends_a_turn_that_has_words() -> None:
    """And is ignored after the turn was ended otherwise."""
    ears = speaking()
    ears.on_final("hello", 1000, speech_final=False)
    ears.on_speech_stopped(1000)

    assert ears.on_utterance_end() == [EndTurn("utterance_end")]
    assert ears.on_utterance_end() == []


def test_a_street_behind_the_caller_does_not_hold_the_turn_for_ever() -> None:
    """The provider hears no words in it, the detector a voice."""
    ears = speaking()
    ears.on_final("hello", 1000, speech_final=False)

    assert ears.on_utterance_end() == []
    assert ears.on_audio(1100, 1100) == [EndTurn("utterance_end")]


def test_noise_without_words_ends_nothing() -> None:
    """A cough is no turn."""
    ears = speaking()
    ears.on_speech_stopped(1000)

    assert ears.on_final("", 1000, speech_final=True) == []
    assert silent(ears, 9000) == []


def test_a_provider_that_decides_is_left_alone() -> None:
    """Neither silence nor our detector has a say."""
    ears = Endpointing(silence_ms=600, provider_decides=True)
    ears.on_speech_started(0)
    ears.on_speech_stopped(1000)

    assert ears.on_provider_turn("eager") == [EagerEndOfTurn()]
    assert ears.on_speech_started(1100) == []
    assert ears.on_provider_turn("resumed") == [ResumeTurn()]
    assert silent(ears, 9000) == []
    assert ears.on_provider_turn("end") == [EndTurn("flux")]


def test_a_successor_ends_the_turn_that_it_found() -> None:
    """With words of its forerunner's time."""
    ears = Endpointing(silence_ms=600)
    ears.restore(has_final=True, eager=True, covered_ms=1000)

    assert silent(ears, 1599, 1600) == [EndTurn("silence")]
