"""Has the caller finished? Vendor, detector and silence together."""

from services.stt.endpointing import AskToFinalize, EagerEnd, Endpointing, EndTurn, GoOn


def speaking() -> Endpointing:
    ears = Endpointing(silence_ms=600)
    ears.voice_started()
    return ears


def test_the_vendors_word_decides_at_once() -> None:
    """Once the detector hears no voice, nothing is waited for."""
    ears = speaking()

    assert ears.voice_stopped(1000) == []
    assert ears.fixed("hello", speech_final=True) == [EndTurn("speech_final")]


def test_a_word_that_comes_while_a_voice_is_heard_waits_for_its_end() -> None:
    """And is void when more words come."""
    ears = speaking()

    assert ears.fixed("hello", speech_final=True) == []
    assert ears.voice_stopped(1000) == [EndTurn("speech_final")]
    ears.voice_started()
    assert ears.fixed("my number", speech_final=True) == []
    ears.guessed("is five")
    assert EndTurn("speech_final") not in ears.voice_stopped(2000)


def test_a_pause_with_final_words_is_perhaps_the_end() -> None:
    """Said once; taken back when the voice goes on."""
    ears = speaking()
    ears.voice_stopped(1000)

    assert ears.fixed("my number is", speech_final=False) == [EagerEnd()]
    assert ears.fixed("", speech_final=False) == []
    assert ears.voice_started() == [GoOn()]
    assert ears.voice_started() == []


def test_silence_decides_when_the_vendor_says_nothing() -> None:
    """After the agent's threshold, not before."""
    ears = speaking()
    ears.voice_stopped(1000)
    ears.fixed("hello", speech_final=False)

    assert ears.tick(1599) == []
    assert ears.tick(1600) == [EndTurn("silence")]
    assert ears.tick(5000) == []


def test_a_guess_is_asked_about_once_then_taken_as_it_is() -> None:
    """A vendor that never makes it final does not silence the agent."""
    ears = speaking()
    ears.guessed("hello")
    ears.voice_stopped(1000)

    assert ears.tick(1600) == [AskToFinalize()]
    assert ears.tick(1700) == []
    assert ears.tick(3100) == [EndTurn("silence")]


def test_the_end_of_an_utterance_ends_a_turn_that_has_words() -> None:
    """And is ignored after the turn was ended otherwise."""
    ears = speaking()
    ears.fixed("hello", speech_final=False)
    ears.voice_stopped(1000)

    assert ears.utterance_ended() == [EndTurn("utterance_end")]
    assert ears.utterance_ended() == []


def test_noise_without_words_ends_nothing() -> None:
    """A cough is no turn."""
    ears = speaking()
    ears.voice_stopped(1000)

    assert ears.fixed("", speech_final=True) == []
    assert ears.tick(9000) == []
