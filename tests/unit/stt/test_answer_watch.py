"""Which silence of a provider shows that it has stopped answering."""

import pytest

from parley.providers.latency_limits import LatencyLimit, LimitRange
from parley.providers.stt import FinalTranscript, InterimTranscript, KeepAlive, ProviderTurn, SttEvent
from services.stt.answer_watch import AnswerWatch, Overdue
from services.stt.stt_route import AnswerLimits

WORDS = InterimTranscript("what are", (), 900)
NO_WORDS = InterimTranscript("", (), 900)
FINAL = FinalTranscript("what are your hours", (), 1500)


def limits() -> AnswerLimits:
    """Limits of 0.8 s on final transcripts, and of 1 s on answers to requests."""
    return AnswerLimits(
        final=LatencyLimit(LimitRange(0.7, 0.8, 4.0, factor=1.5)),
        finalize=LatencyLimit(LimitRange(0.7, 1.0, 4.0, factor=1.5)),
    )


class Line:
    """A watch, and audio in frames of 20 ms."""

    def __init__(self, *, reports_silence: bool = False, answers_finalize: bool = False) -> None:
        self.now_s = 0.0
        self.limits = limits()
        self.watch = AnswerWatch(
            self.limits, reports_silence=reports_silence, answers_finalize=answers_finalize
        )
        self.watch.opened(0.0, 0.0)

    def play(self, seconds: float, *, speaking: bool, frames: bool = True) -> Overdue | None:
        """Let time pass; returns what is overdue then."""
        for step in range(round(seconds * 50)):
            self.now_s += 0.02
            if frames:
                self.watch.audio(self.now_s, speaking=speaking)
            if step % 5 == 4:
                self.watch.tick(self.now_s)
        return self.watch.overdue(self.now_s)

    def event(self, event: SttEvent) -> None:
        """The provider sends an event."""
        self.watch.event(self.now_s, event)


def test_words_without_a_final_transcript_are_overdue_soon_after_the_speech() -> None:
    """Any event restarts the limit; the final transcript ends it."""
    line = Line()
    assert line.play(1.0, speaking=True) is None
    line.event(WORDS)
    assert line.play(0.6, speaking=True) is None
    assert line.play(0.7, speaking=False) is None
    line.event(WORDS)
    assert line.play(0.7, speaking=False) is None
    overdue = line.play(0.8, speaking=False)
    assert overdue is not None
    assert (overdue.reason, overdue.certain) == ("no final transcript for 1.5 s", True)
    line.event(FINAL)
    assert line.play(60.0, speaking=False) is None


@pytest.mark.parametrize("reports_silence", [False, True])
def test_silence_is_certain_proof_only_of_a_provider_that_reports_silence(reports_silence: bool) -> None:
    """Another one may have found no words in noise, and gets more time with `patience`."""
    line = Line(reports_silence=reports_silence)
    assert line.play(0.5, speaking=True) is None
    assert line.play(0.7, speaking=False) is None
    overdue = line.play(0.2, speaking=False)

    assert overdue is not None
    assert overdue.certain is reports_silence
    assert (line.watch.overdue(line.now_s, patience=4.0) is None) is not reports_silence
    line.watch.settle()
    assert line.play(60.0, speaking=False) is None


def test_a_click_needs_no_answer() -> None:
    """Nor do silence, and a line that is frozen."""
    line = Line()
    assert line.play(0.2, speaking=True) is None
    assert line.play(10.0, speaking=False) is None
    frozen = Line(reports_silence=True)
    assert frozen.play(1.0, speaking=True) is None
    assert frozen.play(60.0, speaking=True, frames=False) is None


def test_empty_transcripts_of_noise_are_answers() -> None:
    """Also those that come only once in 2 s."""
    line = Line(reports_silence=True)
    for _ in range(30):
        assert line.play(2.0, speaking=True) is None
        line.event(NO_WORDS)


def test_a_request_for_a_final_transcript_is_answered_by_a_final_one_only() -> None:
    """Even if the line sends no audio; without words, too, if the provider always answers."""
    for answers in (True, False):
        line = Line(answers_finalize=answers)
        line.watch.finalize_sent(line.now_s)
        assert line.play(0.8, speaking=False, frames=False) is None
        line.event(KeepAlive())
        assert line.play(0.9, speaking=False, frames=False) is None
        overdue = line.play(0.3, speaking=False, frames=False)
        assert (overdue is not None and overdue.certain) is answers
        line.event(FinalTranscript("", (), 900))
        assert line.play(9.0, speaking=False, frames=False) is None


def test_a_turn_that_the_provider_ends_is_final() -> None:
    """An update is not."""
    line = Line()
    line.play(1.0, speaking=True)
    line.event(ProviderTurn("what are", (), 900, "update", "t1"))
    assert line.watch.awaits
    line.event(ProviderTurn("what are", (), 900, "end", "t1"))
    assert not line.watch.awaits


def test_the_limits_follow_the_latencies() -> None:
    """Each from its own latencies; time in which this process was delayed does not count."""
    line = Line(answers_finalize=True)
    for _ in range(6):
        line.play(1.0, speaking=True)
        line.event(WORDS)
        line.play(0.1, speaking=True)
        line.play(1.0, speaking=False)
        line.event(WORDS)
        line.watch.finalize_sent(line.now_s)
        line.play(2.0, speaking=False)
        line.event(FINAL)
    assert line.limits.final.limit_s() > 1.4
    assert line.limits.finalize.limit_s() > 2.9

    line.play(1.0, speaking=True)
    line.now_s += 30.0
    line.watch.tick(line.now_s)
    assert line.watch.overdue(line.now_s) is None


def test_a_new_connection_gets_time_for_the_audio_that_it_receives_at_once() -> None:
    """Then its answer to the speech in it is overdue."""
    watch = AnswerWatch(limits(), unanswered=True)
    watch.opened(10.0, 3.0)
    for at_ms in range(10_000, 14_000, 20):
        watch.audio(at_ms / 1000, speaking=False)
        watch.tick(at_ms / 1000)
        assert watch.overdue(at_ms / 1000) is None or at_ms > 13_700

    assert watch.overdue(14.0) is not None
