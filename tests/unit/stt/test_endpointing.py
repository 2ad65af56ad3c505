"""The end of a turn, decided from the provider's signals, the speech detector and silence."""

from collections.abc import Callable

import pytest

from services.stt.completion.assessment import TurnCompletion
from services.stt.decisions import Decision, EagerEndOfTurn, EndTurn, RequestFinalize, ResumeTurn
from services.stt.endpointing import Endpointing
from services.stt.turn_state import AwaitingFinal, Fading, Quiet, Speaking, SpeechPhase

INCOMPLETE = TurnCompletion(1200, incomplete=True, speculate_after_ms=600)
DICTATION = TurnCompletion(2500, incomplete=True, speculate_after_ms=2500)


def speaking(at_ms: int = 0) -> Endpointing:
    endpointing = Endpointing(silence_ms=600)
    endpointing.on_speech_started(at_ms)
    return endpointing


def silent(endpointing: Endpointing, *until_ms: int) -> list[Decision]:
    """The decisions on audio without speech up to each of these times; the clock runs with the audio."""
    return [decision for at_ms in until_ms for decision in endpointing.on_audio(at_ms, at_ms)]


def test_speech_final_after_the_end_of_speech_ends_the_turn_at_once() -> None:
    """No timer delays it once the detector reports no speech."""
    endpointing = speaking()

    assert endpointing.on_speech_stopped(1000) == []
    assert endpointing.on_final("hello", 1000, speech_final=True) == [EndTurn("speech_final")]


def test_speech_final_during_speech_waits_for_the_end_of_speech() -> None:
    """Further words cancel the signal."""
    endpointing = speaking()

    assert endpointing.on_final("hello", 1000, speech_final=True) == []
    assert endpointing.on_speech_stopped(1000) == [EndTurn("speech_final")]
    endpointing.on_speech_started(1500)
    assert endpointing.on_final("i need", 1800, speech_final=True) == []
    endpointing.on_interim("a refill", 1900)
    assert EndTurn("speech_final") not in endpointing.on_speech_stopped(2000)


def test_speech_final_ends_the_turn_while_speech_fades() -> None:
    """The detector confirms the end of speech later than a fast provider."""
    endpointing = speaking()
    endpointing.on_audio(1064, 1064, paused=True, speech_end_ms=1000)

    assert endpointing.on_final("hello", 1064, speech_final=True) == [EndTurn("speech_final")]


def test_words_that_reach_the_end_of_speech_announce_an_eager_end() -> None:
    """Other words announce it again; speech retracts it."""
    endpointing = speaking()
    endpointing.on_interim("hello", 700)
    assert endpointing.on_speech_stopped(1000) == []

    assert endpointing.on_interim("hello there", 1000) == [EagerEndOfTurn()]
    assert silent(endpointing, 1100, 1200) == []
    assert endpointing.on_final("hello where", 1100, speech_final=False) == [EagerEndOfTurn()]
    assert endpointing.on_speech_started(1300) == [ResumeTurn()]
    assert endpointing.on_speech_started(1300) == []


def test_speech_that_fades_and_returns_retracts_the_eager_end() -> None:
    """Speech also fades at a stop consonant within a word."""
    endpointing = speaking()
    endpointing.on_interim("hello", 1000)

    assert endpointing.on_audio(1064, 1064, paused=True, speech_end_ms=1000) == [EagerEndOfTurn()]
    assert endpointing.on_audio(1096, 1096, paused=False) == [ResumeTurn()]


def test_silence_ends_the_turn_without_a_signal_of_the_provider() -> None:
    """The turn ends at `turn_silence_ms`, not before."""
    endpointing = speaking()
    endpointing.on_speech_stopped(1000)
    endpointing.on_final("hello", 1100, speech_final=False)

    assert silent(endpointing, 1599) == []
    assert silent(endpointing, 1600) == [EndTurn("silence")]
    assert silent(endpointing, 5000) == []


def test_a_frozen_line_is_not_silence() -> None:
    """Silence is measured in audio, not by the clock."""
    endpointing = speaking()
    endpointing.on_speech_stopped(1000)
    endpointing.on_final("hello", 1100, speech_final=False)

    assert endpointing.on_audio(1200, 9000) == []


def test_an_incomplete_phrase_extends_the_turn() -> None:
    """Signals of the provider do not end it, and speech after the pause belongs to the same turn."""
    endpointing = speaking()
    endpointing.set_completion(INCOMPLETE)
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_final("my number is", 1100, speech_final=True) == []
    assert silent(endpointing, 1500) == []
    assert silent(endpointing, 1600) == [EagerEndOfTurn()]
    assert endpointing.on_utterance_end() == []
    assert silent(endpointing, 2199) == []
    assert endpointing.on_speech_started(2199) == [ResumeTurn()]
    endpointing.on_speech_stopped(3000)
    endpointing.set_completion(TurnCompletion())
    assert endpointing.on_final("not known to me", 3100, speech_final=True) == [EndTurn("speech_final")]


def test_an_incomplete_turn_ends_after_its_own_silence() -> None:
    """The turn ends at `incomplete_turn_silence_ms`."""
    endpointing = speaking()
    endpointing.set_completion(INCOMPLETE)
    endpointing.on_speech_stopped(1000)
    endpointing.on_final("my number is", 1100, speech_final=True)

    assert silent(endpointing, 2199, 2200) == [EagerEndOfTurn(), EndTurn("incomplete_turn_silence")]


def test_no_answer_is_prepared_during_a_dictation() -> None:
    """Each further group of digits would discard it."""
    endpointing = speaking()
    endpointing.set_completion(DICTATION)
    endpointing.on_speech_stopped(1000)
    endpointing.on_final("four one one one", 1100, speech_final=True)

    assert endpointing.on_utterance_end() == []
    assert silent(endpointing, *range(1100, 3500, 100)) == []
    assert silent(endpointing, 3500) == [EndTurn("incomplete_turn_silence")]


def test_noise_does_not_end_a_dictation_early() -> None:
    """The caller may continue after the noise."""
    endpointing = speaking()
    endpointing.set_completion(DICTATION)
    endpointing.on_final("four one one one", 1000, speech_final=True)
    endpointing.on_speech_stopped(1000)
    endpointing.on_speech_started(1200)
    endpointing.on_utterance_end()

    assert silent(endpointing, 2300, 4199) == []
    assert silent(endpointing, 4200) == [EndTurn("utterance_end")]


def test_a_minimum_silence_delays_speech_final() -> None:
    """A long answer is not cut at the first breath."""
    endpointing = speaking()
    endpointing.set_completion(TurnCompletion(600))
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_final("i fell", 1100, speech_final=True) == [EagerEndOfTurn()]
    assert silent(endpointing, 1599, 1600) == [EndTurn("speech_final")]


def test_an_interim_transcript_ends_the_turn_after_an_unanswered_finalize_request() -> None:
    """One request is made; 1.5 s later the interim words are used."""
    endpointing = speaking()
    endpointing.on_interim("hello", 900)
    endpointing.on_speech_stopped(1000)

    assert silent(endpointing, 1600) == [RequestFinalize()]
    assert silent(endpointing, 1700, 3000) == []
    assert silent(endpointing, 3100) == [EndTurn("silence")]


def test_a_part_of_the_speech_is_no_turn_while_the_provider_may_be_replaced() -> None:
    """A provider that answers late, or hangs, is replaced before the wait ends."""
    endpointing = speaking()
    endpointing.on_interim("what are your opening", 900)
    endpointing.on_speech_stopped(1500)
    assert silent(endpointing, 2100, *range(2200, 4000, 100)) == [RequestFinalize()]
    endpointing.on_provider_late()
    assert endpointing.on_interim("what are your opening hours", 1250) == []
    assert silent(endpointing, *range(4000, 5000, 100)) == []

    final = endpointing.on_final("what are your opening hours", 1500, speech_final=True)
    assert final == [EndTurn("speech_final")]


def test_the_turn_waits_while_a_lost_connection_is_replaced() -> None:
    """Audio without a final transcript is resent; the turn waits 6 s for its words."""
    for reconnects in (True, False):
        endpointing = speaking()
        endpointing.on_interim("i would like to cancel my", 900)
        endpointing.on_speech_stopped(1500)
        endpointing.on_provider_lost()

        assert silent(endpointing, 2200) == [RequestFinalize()]
        assert silent(endpointing, *range(2300, 8000, 100)) == []
        if reconnects:
            assert silent(endpointing, 8100) == []
            endpointing.on_interim("i would like to cancel my appointment", 1500)
            decisions = endpointing.on_final(
                "i would like to cancel my appointment", 1500, speech_final=False
            )
            assert EndTurn("silence") in decisions
        else:
            assert silent(endpointing, 8200) == [EndTurn("silence")]


def test_repeated_losses_do_not_extend_the_wait() -> None:
    """Each failed attempt to reconnect calls `on_provider_lost`."""
    endpointing = speaking()
    endpointing.on_interim("i would like", 900)
    endpointing.on_speech_stopped(1500)
    endpointing.on_provider_lost()
    decisions: list[Decision] = []
    for at_ms in range(2200, 9000, 100):
        if at_ms % 1000 == 0:
            endpointing.on_provider_lost()
        decisions += silent(endpointing, at_ms)

    assert decisions == [RequestFinalize(), EndTurn("silence")]


def test_the_first_transcript_of_a_new_connection_counts_as_progress() -> None:
    """A new connection starts at the last final transcript, before the end of the lost interim one."""
    endpointing = speaking()
    endpointing.on_final("i would", 3000, speech_final=False)
    endpointing.on_interim("like to cancel", 5000)
    endpointing.on_speech_stopped(6000)
    endpointing.on_provider_lost()
    assert silent(endpointing, 6600) == [RequestFinalize()]
    endpointing.on_interim("like", 4000)

    assert silent(endpointing, 8600, 9900) == []


def test_a_partial_transcript_of_a_new_connection_does_not_end_the_turn() -> None:
    """The audio is sent again, and half of its words do not end a turn."""
    endpointing = speaking()
    endpointing.on_interim("i would like to cancel", 2500)
    endpointing.on_speech_stopped(3000)
    endpointing.on_provider_lost()
    assert silent(endpointing, 3700) == [RequestFinalize()]
    endpointing.on_interim("i would", 1000)

    assert silent(endpointing, *range(3800, 9000, 100)) == []
    endpointing.on_interim("i would like to cancel", 2900)
    assert EndTurn("silence") in endpointing.on_final("i would like to cancel", 3000, speech_final=False)


def test_progress_of_the_provider_extends_the_wait() -> None:
    """Resent audio is transcribed in steps that do not reach the end of speech at once."""
    endpointing = speaking()
    endpointing.on_interim("i", 300)
    endpointing.on_speech_stopped(3000)
    assert silent(endpointing, 3600) == [RequestFinalize()]
    for number, until_ms in enumerate(range(500, 2700, 400)):
        endpointing.on_interim("i would like" + " to" * number, until_ms)
        assert silent(endpointing, 4600 + 1000 * number) == []

    assert endpointing.on_interim("i would like to cancel my appointment", 3000) == [EagerEndOfTurn()]
    assert silent(endpointing, 11_000) == []
    assert silent(endpointing, 11_200) == [EndTurn("silence")]


def test_the_turn_waits_for_words_of_audio_that_is_not_transcribed_yet() -> None:
    """A provider that lags behind the audio is requested to finalize."""
    endpointing = speaking()
    endpointing.on_final("i would", 500, speech_final=False)
    endpointing.on_speech_stopped(2000)

    assert silent(endpointing, 2600) == [RequestFinalize()]
    assert endpointing.on_final("like a refill", 2600, speech_final=True) == [EndTurn("speech_final")]


def test_utterance_end_ends_a_turn_that_has_words() -> None:
    """UtteranceEnd is ignored when the turn has already ended."""
    endpointing = speaking()
    endpointing.on_final("hello", 1000, speech_final=False)
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_utterance_end() == [EndTurn("utterance_end")]
    assert endpointing.on_utterance_end() == []


def test_background_noise_does_not_keep_the_turn_open() -> None:
    """The detector reports speech in which the provider finds no words."""
    endpointing = speaking()
    endpointing.on_final("hello", 1000, speech_final=False)

    assert endpointing.on_utterance_end(600) == []
    assert endpointing.on_audio(1100, 1100) == [EndTurn("utterance_end")]


def test_speech_without_words_does_not_end_a_turn() -> None:
    """A cough is such speech."""
    endpointing = speaking()
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_final("", 1000, speech_final=True) == []
    assert silent(endpointing, 9000) == []


def test_a_provider_that_detects_turns_decides_alone() -> None:
    """Neither silence nor the local detector ends a turn."""
    endpointing = Endpointing(silence_ms=600, provider_detects_turns=True)
    endpointing.on_speech_started(0)
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_provider_turn("eager", 1000, has_text=True) == [EagerEndOfTurn()]
    assert endpointing.on_speech_started(1100) == []
    assert endpointing.on_provider_turn("resumed", 1100, has_text=True) == [ResumeTurn()]
    assert silent(endpointing, 9000) == []
    assert endpointing.on_provider_turn("end", 9000, has_text=True) == [EndTurn("provider_turn")]


def test_a_turn_that_the_provider_ends_within_a_dictation_is_continued() -> None:
    """No answer is prepared; the turn ends when the caller is silent or has completed the number."""
    for continues in (True, False):
        endpointing = Endpointing(silence_ms=600, provider_detects_turns=True)
        endpointing.on_speech_started(0)
        endpointing.set_completion(DICTATION)
        assert endpointing.on_provider_turn("eager", 1000, has_text=True) == []
        endpointing.on_speech_stopped(1000)
        assert endpointing.on_provider_turn("end", 1200, has_text=True) == []
        assert silent(endpointing, 3400) == []
        if continues:
            endpointing.on_speech_started(3400)
            assert endpointing.on_provider_turn("update", 3600, has_text=True) == []
            assert silent(endpointing, 3700, 9000) == []
            endpointing.set_completion(TurnCompletion())
            assert endpointing.on_provider_turn("end", 9000, has_text=True) == [EndTurn("provider_turn")]
        else:
            assert silent(endpointing, 3500) == [EndTurn("incomplete_turn_silence")]


def test_a_final_transcript_is_requested_at_each_pause_if_necessary() -> None:
    """It may not even have sent an interim transcript of a short word."""
    endpointing = speaking()
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_audio(1280, 1280, finalize_after_ms=300) == []
    assert endpointing.on_audio(1300, 1300, finalize_after_ms=300) == [RequestFinalize()]
    assert endpointing.on_audio(1320, 1320, finalize_after_ms=300) == []
    assert endpointing.on_final("yes", 1300, speech_final=True) == [EndTurn("speech_final")]


def test_an_unfinished_phrase_is_final_early_and_ends_late() -> None:
    """The request does not wait for the end of the turn."""
    endpointing = speaking()
    endpointing.set_completion(INCOMPLETE)
    endpointing.on_interim("my number is", 900)
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_audio(1300, 1300, finalize_after_ms=300) == [RequestFinalize()]
    assert endpointing.on_final("my number is", 1300, speech_final=True) == []
    assert endpointing.on_audio(2180, 2180, finalize_after_ms=300) == [EagerEndOfTurn()]
    assert endpointing.on_audio(2200, 2200, finalize_after_ms=300) == [EndTurn("incomplete_turn_silence")]


def test_one_request_is_made_for_noise() -> None:
    """An empty final transcript settles it."""
    endpointing = speaking()
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_audio(1300, 1300, finalize_after_ms=300) == [RequestFinalize()]
    assert endpointing.on_final("", 1300, speech_final=True) == []
    assert endpointing.on_audio(9000, 9000, finalize_after_ms=300) == []


@pytest.mark.parametrize("flux", [False, True])
def test_silence_of_a_line_without_audio_ends_the_turn(flux: bool) -> None:
    """A final transcript is requested at once, because no audio follows from which it could be made."""
    endpointing = Endpointing(silence_ms=600, provider_detects_turns=flux)
    endpointing.on_speech_started(0)
    if flux:
        endpointing.on_provider_turn("update", 900, has_text=True)
    else:
        endpointing.on_interim("hello", 900)
    endpointing.on_speech_stopped(1000)

    assert endpointing.on_audio(1000, 1200, stopped_ms=200) == [RequestFinalize()]
    if flux:
        assert endpointing.on_provider_turn("end", 1000, has_text=True) == [EndTurn("provider_turn")]
    else:
        assert EndTurn("silence") not in endpointing.on_final("hello", 1000, speech_final=False)
        assert endpointing.on_audio(1000, 1600, stopped_ms=600) == [EndTurn("silence")]


def test_the_next_sentence_is_no_noise_before_its_first_words() -> None:
    """UtteranceEnd about the previous words may arrive within it; a provider may need 2 s for the first."""
    endpointing = speaking()
    endpointing.on_final("hello", 1000, speech_final=False)
    endpointing.set_completion(INCOMPLETE)
    endpointing.on_speech_stopped(1000)
    endpointing.on_speech_started(1800)

    assert endpointing.on_utterance_end(950) == []
    assert silent(endpointing, *range(2000, 4700, 100)) == []
    assert silent(endpointing, 4800) == [EndTurn("utterance_end")]


def test_a_restored_turn_ends_after_silence() -> None:
    """The words of the turn were logged by the previous owner."""
    endpointing = Endpointing(silence_ms=600)
    endpointing.restore(has_final=True, eager=True, covered_ms=1000)

    assert silent(endpointing, 1599, 1600) == [EndTurn("silence")]


@pytest.mark.parametrize("more", [False, True])
def test_a_provider_that_detects_turns_takes_over_within_a_turn(more: bool) -> None:
    """Words of the lost connection end no turn at once; silence does if none follow."""
    endpointing = speaking()
    endpointing.on_final("what are your", 800, speech_final=False)
    endpointing.on_audio(900, 900, paused=True, speech_end_ms=850)
    endpointing.on_provider_lost()
    endpointing.change_turn_detection(by_provider=True)
    assert endpointing.on_audio(1000, 1000) == []
    endpointing.on_speech_stopped(1500 if more else 950)
    assert silent(endpointing, 1540) == []
    if more:
        assert endpointing.on_provider_turn("update", 1500, has_text=True) == []
        assert silent(endpointing, 3000) == []
        assert endpointing.on_provider_turn("end", 3000, has_text=True) == [EndTurn("provider_turn")]
    else:
        assert endpointing.on_provider_turn("update", 1540, has_text=False) == []
        assert silent(endpointing, 1560) == [EndTurn("silence")]


def test_interim_words_that_the_next_provider_does_not_find_end_the_turn() -> None:
    """It is requested to end the turn, and may answer that it has none."""
    endpointing = speaking()
    endpointing.on_interim("hello", 900)
    endpointing.on_speech_stopped(1000)
    endpointing.on_provider_lost()
    endpointing.change_turn_detection(by_provider=True)

    assert silent(endpointing, 1500, 1600) == [RequestFinalize()]
    assert silent(endpointing, *range(1700, 7600, 100)) == []
    assert silent(endpointing, 7600) == [EndTurn("silence")]


def test_a_provider_that_detects_no_turns_takes_over_within_a_turn() -> None:
    """Its signals and silence end the turn from then on."""
    endpointing = Endpointing(silence_ms=600, provider_detects_turns=True)
    endpointing.on_speech_started(0)
    assert endpointing.on_provider_turn("eager", 900, has_text=True) == [EagerEndOfTurn()]
    endpointing.on_provider_lost()
    endpointing.change_turn_detection(by_provider=False)
    assert endpointing.on_speech_started(1100) == [ResumeTurn()]
    endpointing.on_interim("what are your opening", 1300)
    endpointing.on_speech_stopped(1500)

    assert endpointing.on_final("what are your opening hours", 1600, speech_final=True) == [
        EndTurn("speech_final")
    ]


def started(endpointing: Endpointing) -> None:
    """Speech starts at 100 ms."""
    endpointing.on_speech_started(100)


def faded(endpointing: Endpointing) -> None:
    """Speech fades at 1000 ms."""
    endpointing.on_audio(1064, 1064, paused=True, speech_end_ms=1000)


def returned(endpointing: Endpointing) -> None:
    """Speech returns after it has faded."""
    endpointing.on_audio(1096, 1096, paused=False)


def stopped(endpointing: Endpointing) -> None:
    """Speech stops at 1000 ms."""
    endpointing.on_speech_stopped(1000)


def interim(endpointing: Endpointing) -> None:
    """An interim transcript up to 300 ms arrives."""
    endpointing.on_interim("hello", 300)


def whole_interim(endpointing: Endpointing) -> None:
    """An interim transcript reaches almost to the end of the speech."""
    endpointing.on_interim("hello", 900)


def overdue(endpointing: Endpointing) -> None:
    """Silence has lasted 600 ms without a final transcript."""
    endpointing.on_audio(1600, 1600)


def timed_out(endpointing: Endpointing) -> None:
    """Another 1600 ms pass without a final transcript."""
    endpointing.on_audio(3200, 3200)


def lost(endpointing: Endpointing) -> None:
    """The connection to the provider is lost."""
    endpointing.on_provider_lost()


def progress(endpointing: Endpointing) -> None:
    """An interim transcript makes progress without reaching the end of speech."""
    endpointing.on_interim("hello there", 700)
    endpointing.on_audio(2600, 2600)


@pytest.mark.parametrize(
    ("events", "phase"),
    [
        ([], Quiet()),
        ([started], Speaking(100)),
        ([started, faded], Fading(100)),
        ([started, faded, returned], Speaking(100)),
        ([started, faded, stopped], Quiet()),
        ([started, stopped], Quiet()),
        ([started, stopped, overdue], Quiet()),
        ([started, interim, stopped], Quiet()),
        ([started, interim, stopped, overdue], AwaitingFinal(1600)),
        ([started, interim, stopped, overdue, started], Speaking(100)),
        ([started, interim, stopped, overdue, progress], AwaitingFinal(2600)),
        ([started, interim, stopped, overdue, timed_out], AwaitingFinal(1600)),
        ([started, whole_interim, stopped, overdue, timed_out], Quiet()),
        ([started, interim, stopped, overdue, lost], Quiet()),
        ([started, interim, stopped, overdue, lost, overdue], AwaitingFinal(1600)),
        ([started, interim, stopped, overdue, lost, overdue, lost], AwaitingFinal(1600)),
        ([started, interim, stopped, overdue, lost, overdue, timed_out], AwaitingFinal(1600)),
    ],
)
def test_events_move_the_phase(events: list[Callable[[Endpointing], None]], phase: SpeechPhase) -> None:
    """A final transcript is awaited only after words and in silence; the first loss cancels the wait."""
    endpointing = Endpointing(silence_ms=600)
    for apply in events:
        apply(endpointing)

    assert endpointing.phase == phase
