"""What the caller has heard, against a small model of Twilio's buffer."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from parley.events.envelope import Body
from parley.v1.call_pb2 import StreamResuming, StreamStarted
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from parley.v1.reply_pb2 import ReplyStarted
from parley.v1.synthesis_pb2 import ClauseSynthesized, SynthesisFinished, WordTiming
from services.edge.outbound.playback import Append, Clear, Command, Play, Playback
from services.edge.outbound.restore import PlaybackState

MS = 8


def said(commands: list[Command]) -> list[object]:
    return [command.event for command in commands if isinstance(command, Append)]


def playing(samples: int = 8000) -> Playback:
    """One reply, all of its sound sent."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"x" * samples, last=False, now_ms=0)
    playback.audio_received("r1", samples, b"", last=True, now_ms=0)
    return playback


def test_sound_is_sent_as_it_comes_with_marks() -> None:
    """A mark every 100 ms, and one at the end of what came."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    commands = playback.audio_received("r1", 0, b"x" * 2000, last=False, now_ms=50)

    assert said(commands) == [PlaybackStarted(reply_id="r1", from_sample=0, at_ms=50)]
    plays = [command for command in commands if isinstance(command, Play)]
    assert [(len(play.mulaw), play.mark) for play in plays] == [
        (800, "r1:0:800"),
        (800, "r1:0:1600"),
        (400, "r1:0:2000"),
    ]


def test_a_reply_without_sound_is_over_when_its_voice_has_finished() -> None:
    """Though the chunk that says so was lost: the next is heard."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.start("r2", speculative=False, now_ms=0)
    assert not playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=10)

    assert said(playback.synthesis_finished("r1", 0, 20)) == [
        PlaybackFinished(reply_id="r1", at_ms=20),
        PlaybackStarted(reply_id="r2", at_ms=20),
    ]


def test_sound_that_does_not_come_any_more_is_not_waited_for() -> None:
    """What there is of the reply was heard; the next one follows, once nothing can fill the hole."""
    recalled = PlaybackState()
    for body in (ReplyStarted(reply_id="r1"), SynthesisFinished(reply_id="r1", samples=1600)):
        recalled.apply(body, 0)
    playback = Playback(recalled)
    playback.audio_received("r1", 0, b"x" * 800, last=False, now_ms=2000)
    playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=2000)
    playback.mark_returned("r1:0:800", 2100)

    assert playback.skip_missing_audio(1500, 9000) == []
    assert said(playback.skip_missing_audio(1500, 11_000)) == [
        PlaybackFinished(reply_id="r1", played_samples=800, at_ms=11_000),
        PlaybackStarted(reply_id="r2", at_ms=11_000),
    ]


def test_marks_that_return_because_of_a_clear_were_not_heard() -> None:
    """They are of an older generation."""
    playback = playing()
    playback.mark_returned("r1:0:800", 100)
    [_, held] = playback.pause(100)

    assert held == Append(PlaybackPaused(reply_id="r1", played_samples=800, at_ms=100))
    assert playback.mark_returned("r1:0:8000", 101) == []
    assert not playback.is_done("r1")


def test_a_false_alarm_plays_on_where_it_stopped_and_says_so() -> None:
    """Nothing is sent while it is held."""
    playback = playing()
    playback.mark_returned("r1:0:1600", 200)
    playback.pause(250)
    assert playback.advance(900) == []
    commands = playback.resume(1000)

    assert said(commands) == [PlaybackStarted(reply_id="r1", from_sample=2000, at_ms=1000)]
    assert sum(len(c.mulaw) for c in commands if isinstance(c, Play)) == 6000


def test_between_marks_the_clock_tells_but_never_past_the_next_mark() -> None:
    """A stalled line does not make us believe that more was heard."""
    playback = playing()
    playback.mark_returned("r1:0:800", 100)

    [_, held] = playback.pause(5000)
    assert held == Append(PlaybackPaused(reply_id="r1", played_samples=1600, at_ms=5000))


def test_a_dropped_reply_tells_how_far_it_was_heard() -> None:
    """And makes way for the next."""
    playback = playing()
    playback.start("r2", speculative=False, now_ms=0)
    playback.mark_returned("r1:0:800", 100)
    commands = playback.cancel("r1", 100)

    assert commands[0] == Clear()
    assert said(commands) == [BargeIn(reply_id="r1", played_samples=800, at_ms=100)]
    assert said(playback.audio_received("r2", 0, b"y" * 160, last=False, now_ms=150)) == [
        PlaybackStarted(reply_id="r2", from_sample=0, at_ms=150)
    ]


def test_dropping_another_reply_does_not_let_go_of_the_held_one() -> None:
    """Only the brain's word on the held one does."""
    playback = playing()
    playback.start("r2", speculative=False, now_ms=0)
    playback.pause(100)
    playback.cancel("r2", 110)

    assert playback.paused
    playback.cancel("r1", 120)
    assert not playback.paused


def test_a_reply_made_on_a_guess_waits_for_its_release() -> None:
    """Its sound is there at once then."""
    playback = Playback()
    playback.start("r1", speculative=True, now_ms=0)
    assert playback.audio_received("r1", 0, b"x" * 160, last=False, now_ms=0) == []

    assert any(isinstance(command, Play) for command in playback.release("r1", 10))


def test_a_reply_without_sound_is_over_when_its_turn_comes() -> None:
    """Nobody waits for it."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)

    assert said(playback.audio_received("r1", 0, b"", last=True, now_ms=5)) == [
        PlaybackFinished(reply_id="r1", played_samples=0, at_ms=5)
    ]


def test_repeated_sound_is_skipped_and_a_hole_is_not_taken() -> None:
    """A successor of tts may say again what we have; its end may lie before what we hold."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"a" * 160, last=False, now_ms=0)
    playback.audio_received("r1", 400, b"c" * 160, last=False, now_ms=0)
    commands = playback.audio_received("r1", 80, b"b" * 160, last=False, now_ms=0)

    assert [c.mulaw for c in commands if isinstance(c, Play)] == [b"b" * 80]
    playback.audio_received("r1", 200, b"", last=True, now_ms=0)
    assert said(playback.mark_returned("r1:0:240", 30)) == [
        PlaybackFinished(reply_id="r1", played_samples=240, at_ms=30)
    ]


def recalled(*bodies: Body, at_ms: int = 0) -> PlaybackState:
    """All said at one moment."""
    recall = PlaybackState()
    for body in bodies:
        recall.apply(body, at_ms)
    return recall


def lose(recall: PlaybackState, lost: StreamResuming, another_ms: int = 5000) -> None:
    """The stream is followed by another, not long after Twilio was told."""
    recall.apply(lost, lost.last_audio_ms)
    started = StreamStarted(stream_sid="MZ2", at_ms=another_ms, redirected_at_ms=another_ms - 200)
    recall.apply(started, another_ms)


SPOKEN = (
    ReplyStarted(reply_id="r1"),
    ClauseSynthesized(reply_id="r1", end_sample=16_000),
    PlaybackStarted(reply_id="r1", at_ms=1000),
    PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=1100),
)


def test_another_stream_goes_on_from_what_the_log_says() -> None:
    """Sound comes again from AUDIO; what was heard is not sent again."""
    playback = Playback(recalled(*SPOKEN))
    commands = playback.audio_received("r1", 0, b"x" * 1600, last=False, now_ms=9000)

    assert said(commands) == [PlaybackStarted(reply_id="r1", from_sample=800, at_ms=9000)]


def test_what_a_frozen_edge_had_sent_was_heard() -> None:
    """Twilio has played it while nobody saw the marks; but no more than had been made by then."""
    lost = StreamResuming(epoch=1, method="rest", last_audio_ms=1150, edge_stalled=True)
    short, late = recalled(*SPOKEN), recalled(*SPOKEN)
    lose(short, lost, another_ms=2100)
    late.apply(ClauseSynthesized(reply_id="r1", clause=1, end_sample=40_000), 1200)
    lose(late, lost, another_ms=9000)

    assert short.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=8000, at_ms=2000)]
    assert late.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=16_000, at_ms=8900)]
    commands = Playback(short).audio_received("r1", 0, b"x" * 16_000, last=False, now_ms=2300)
    assert said(commands) == [PlaybackStarted(reply_id="r1", from_sample=8000, at_ms=2300)]


def test_what_was_sent_is_heard_until_its_edge_dies() -> None:
    """Twilio lets go of what it had got with the stream; the caller's last sound tells when that was."""
    recall = recalled(*SPOKEN, at_ms=5000)
    lose(recall, StreamResuming(epoch=1, last_audio_ms=1600))

    # It had been made only later than that, for all that the log says.
    assert (recall.inferred_progress, recall.replies["r1"].played) == ([], 800)

    recall = recalled(*SPOKEN)
    lose(recall, StreamResuming(epoch=1, last_audio_ms=1600))

    assert recall.inferred_progress == [PlaybackProgressed(reply_id="r1", played_samples=4800, at_ms=1600)]
    assert recall.replies["r1"].played == 4800


def test_of_a_clause_that_is_being_made_what_there_was_of_it_was_heard() -> None:
    """A voice comes in pieces, and is told of when a clause of it is whole."""
    recall = recalled(*SPOKEN)
    made = StreamResuming(epoch=1, last_audio_ms=1150, last_reply_id="r1", last_reply_samples=18_400)
    made.edge_stalled = True
    lose(recall, made, another_ms=9000)

    assert recall.replies["r1"].played == 18_400


def test_nothing_is_taken_for_heard_where_the_last_sound_is_unknown() -> None:
    """Better some of it twice than never."""
    recall = recalled(*SPOKEN)
    lose(recall, StreamResuming(epoch=1))

    assert (recall.inferred_progress, recall.replies["r1"].played) == ([], 800)


def test_a_word_that_was_cut_in_two_is_said_again_from_its_beginning() -> None:
    """Between two words it goes on where it was; and never is a whole sentence a word."""
    words = [
        WordTiming(text="arrive", start_ms=200, end_ms=560),
        WordTiming(text="by", start_ms=600, end_ms=700),
        WordTiming(text="郵便で届きます", start_ms=700, end_ms=2000),
    ]
    begins = []
    for last_sound_ms in (1500, 1580, 1650, 1900):
        recall = recalled(*SPOKEN, ClauseSynthesized(reply_id="r1", clause=1, end_sample=16_000, words=words))
        lose(recall, StreamResuming(epoch=1, last_audio_ms=last_sound_ms))
        begins.append(recall.replies["r1"].played // MS)

    assert begins == [200, 580, 600, 900]


def test_of_a_word_that_is_said_again_is_heard_what_the_next_stream_has_played() -> None:
    """Not how far the stream before had come in it."""
    word = WordTiming(text="arrive", start_ms=200, end_ms=560)
    recall = recalled(*SPOKEN, ClauseSynthesized(reply_id="r1", clause=1, end_sample=16_000, words=[word]))
    lose(recall, StreamResuming(epoch=1, last_audio_ms=1500))
    recall.apply(recall.inferred_progress[0], 5100)
    recall.apply(PlaybackStarted(reply_id="r1", from_sample=200 * MS, at_ms=5200), 5200)

    assert recall.replies["r1"].played == 200 * MS


def test_what_another_stream_has_not_begun_to_play_was_not_heard() -> None:
    """It died as soon as it was open: of the silence between the two nothing was heard."""
    recall = recalled(*SPOKEN, StreamStarted(stream_sid="MZ2", at_ms=3000))
    lose(recall, StreamResuming(epoch=2, last_audio_ms=3500))

    assert (recall.inferred_progress, recall.replies["r1"].played) == ([], 800)


@dataclass
class Twilio:
    """A buffer that is played in real time, 20 ms a step."""

    now_ms: int = 0
    queue: deque[tuple[str, int, int, str]] = field(default_factory=deque)
    echoed: list[str] = field(default_factory=list)
    heard: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    announced: bool = False
    silent: bool = True

    def take(self, commands: list[Command]) -> None:
        """What the edge sends and says."""
        for command in commands:
            match command:
                case Play(mulaw=mulaw, mark=mark):
                    assert self.announced or not self.silent, "sound out of silence was not announced"
                    reply_id, _, end = mark.split(":")
                    self.queue.append((reply_id, int(end) - len(mulaw), int(end), mark))
                case Clear():
                    self.echoed += [mark for *_, mark in self.queue]
                    self.queue.clear()
                    self.announced, self.silent = False, True
                case Append(event=PlaybackStarted()):
                    self.announced = True
                case _:
                    pass

    def step(self) -> list[str]:
        """Play 20 ms; gives the marks that come back."""
        self.now_ms += 20
        left, marks = 20 * MS, self.echoed
        self.echoed = []
        self.silent = not self.queue
        while left and self.queue:
            reply_id, start, end, mark = self.queue.popleft()
            length = min(left, end - start)
            self.heard.setdefault(reply_id, []).append((start, start + length))
            left -= length
            if start + length < end:
                self.queue.appendleft((reply_id, start + length, end, mark))
            else:
                marks.append(mark)
        if not self.queue:
            self.announced = False
        return marks


STEPS = st.lists(
    st.sampled_from(["tick", "tick", "tick", "tick", "sound", "sound", "hold", "resume", "drop"]),
    max_size=120,
)


@settings(max_examples=1000)
@given(STEPS, st.integers(100, 1500))
def test_no_sound_is_heard_twice_or_lost(steps: list[str], chunk: int) -> None:  # noqa: C901 - one arm a step
    """Whatever the caller does: but for dropped replies, and 20 ms at a hold."""
    twilio, playback = Twilio(), Playback()
    lengths = {"r1": 4000, "r2": 2400, "r3": 3200}
    made = dict.fromkeys(lengths, 0)
    dropped: set[str] = set()
    holds = 0
    for reply_id in lengths:
        twilio.take(playback.start(reply_id, speculative=False, now_ms=0))

    def tick() -> None:
        for mark in twilio.step():
            twilio.take(playback.mark_returned(mark, twilio.now_ms))

    def sound() -> bool:
        reply_id = next((r for r in lengths if made[r] <= lengths[r]), None)
        if reply_id is None:
            return False
        size = min(chunk, lengths[reply_id] - made[reply_id])
        last = size == 0
        commands = playback.audio_received(
            reply_id, made[reply_id], b"x" * size, last=last, now_ms=twilio.now_ms
        )
        twilio.take(commands)
        made[reply_id] += size or 1
        return True

    for step in steps:
        match step:
            case "tick":
                tick()
            case "sound":
                sound()
            case "hold":
                commands = playback.pause(twilio.now_ms)
                holds += bool(commands)
                twilio.take(commands)
            case "resume":
                twilio.take(playback.resume(twilio.now_ms))
            case "drop":
                current = next((r for r in lengths if not playback.is_done(r)), None)
                if current is not None:
                    dropped.add(current)
                    twilio.take(playback.cancel(current, twilio.now_ms))
    twilio.take(playback.resume(twilio.now_ms))
    while sound():
        pass
    for _ in range(100):
        tick()

    for reply_id, length in lengths.items():
        assert playback.is_done(reply_id)
        if reply_id in dropped:
            continue
        pieces = twilio.heard[reply_id]
        slips = sum(abs(a[1] - b[0]) for a, b in pairwise(pieces))
        assert pieces[0][0] == 0
        assert pieces[-1][1] == length
        assert slips <= holds * 20 * MS


def filling() -> Playback:
    """An answer of which nothing has come, and a filler that plays meanwhile."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.start("r2", speculative=False, filler=True, now_ms=1500)
    playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=1500)
    return playback


def test_a_filler_is_heard_while_the_answer_is_silent() -> None:
    """Though the answer was begun before it."""
    playback = filling()

    assert playback.buffer_ends_ms == 2500
    assert said(playback.mark_returned("r2:0:8000", 2500)) == [
        PlaybackFinished(reply_id="r2", played_samples=8000, at_ms=2500)
    ]


def test_a_filler_is_cut_off_the_instant_the_answer_is_there() -> None:
    """What was heard of it is told; the answer begins at once."""
    playback = filling()
    playback.mark_returned("r2:0:800", 1600)
    commands = playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=1650)

    assert isinstance(commands[0], Clear)
    assert said(commands) == [
        PlaybackFinished(reply_id="r2", played_samples=1200, at_ms=1650),
        PlaybackStarted(reply_id="r1", from_sample=0, at_ms=1650),
    ]
    assert [c.mulaw for c in commands if isinstance(c, Play)] == [b"a" * 800]
    assert playback.is_done("r2")


def test_a_filler_that_comes_too_late_is_not_heard() -> None:
    """The answer has begun."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=0)
    playback.start("r2", speculative=False, filler=True, now_ms=10)

    assert playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=20) == []
    playback.audio_received("r1", 800, b"a" * 800, last=True, now_ms=50)
    assert playback.is_done("r2")


def test_an_opener_a_filler_and_the_rest_of_the_answer() -> None:
    """The answer goes on behind the filler where it had stopped."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"o" * 800, last=False, now_ms=0)
    playback.mark_returned("r1:0:800", 100)
    playback.start("r2", speculative=False, filler=True, now_ms=1600)
    playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=1600)
    commands = playback.audio_received("r1", 800, b"a" * 800, last=True, now_ms=1700)

    assert PlaybackStarted(reply_id="r1", from_sample=800, at_ms=1700) in said(commands)


def test_a_voice_in_a_filler_holds_it_and_a_false_alarm_lets_the_answer_through() -> None:
    """The filler has had its time."""
    playback = filling()
    playback.pause(1600)
    assert playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=1700) == []
    commands = playback.resume(2300)

    assert said(commands)[-1] == PlaybackStarted(reply_id="r1", from_sample=0, at_ms=2300)
    assert playback.is_done("r2")


def test_nothing_begins_into_the_callers_words() -> None:
    """It is held at its first sample, until the voice was judged a false alarm."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    assert playback.pause(100) == []

    assert playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=200) == [
        Append(PlaybackPaused(reply_id="r1", played_samples=0, at_ms=200))
    ]
    assert said(playback.resume(900)) == [PlaybackStarted(reply_id="r1", from_sample=0, at_ms=900)]


def test_a_caller_who_is_quiet_again_is_answered() -> None:
    """A voice that ended before there was any sound is no reason to wait."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.pause(100)
    playback.speech_stopped()

    assert said(playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=200)) == [
        PlaybackStarted(reply_id="r1", from_sample=0, at_ms=200)
    ]


def test_a_mark_that_comes_twice_or_too_late_does_no_harm() -> None:
    """What was heard is counted from the first word of it."""
    playback = playing()
    playback.mark_returned("r1:0:1600", 200)
    playback.mark_returned("r1:0:1600", 280)
    playback.mark_returned("r1:0:800", 285)
    [_, held] = playback.pause(290)

    assert held == Append(PlaybackPaused(reply_id="r1", played_samples=1600 + 90 * MS, at_ms=290))


def test_the_first_mark_is_told_and_then_one_now_and_then() -> None:
    """When a reply was first heard is known to the call's log."""
    playback = playing()

    told = [playback.mark_returned(f"r1:0:{n * 800}", 100 + n * 100) for n in range(1, 8)]

    assert [len(commands) for commands in told] == [1, 0, 0, 0, 0, 1, 0]
    assert told[0] == [Append(PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=200))]
