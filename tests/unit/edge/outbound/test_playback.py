"""Playback of replies, in single steps and with a model of Twilio's buffer."""

from itertools import count, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from parley.events.envelope import Body
from parley.v1.playback_pb2 import (
    BargeIn,
    PlaybackFinished,
    PlaybackPaused,
    PlaybackProgressed,
    PlaybackStarted,
)
from parley.v1.reply_pb2 import ReplyStarted
from parley.v1.synthesis_pb2 import SynthesisFinished
from services.edge.outbound.commands import Append, Clear, Command, Play, Publish
from services.edge.outbound.playback import Playback
from services.edge.outbound.restore import PlaybackState
from tests.unit.edge.outbound.twilio_buffer import TwilioBuffer, appended

MS = 8
Progress = PlaybackProgressed | PlaybackFinished


def playing(samples: int = 8000) -> Playback:
    """Playback of one reply, all of its audio sent."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"x" * samples, last=False, now_ms=0)
    playback.audio_received("r1", samples, b"", last=True, now_ms=0)
    return playback


def test_audio_is_sent_as_it_arrives_with_marks() -> None:
    """There is a mark every 100 ms and one at the end of each chunk."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    commands = playback.audio_received("r1", 0, b"x" * 2000, last=False, now_ms=50)

    assert appended(commands) == [PlaybackStarted(reply_id="r1", from_sample=0, at_ms=50)]
    plays = [command for command in commands if isinstance(command, Play)]
    assert [(len(play.mulaw), play.mark) for play in plays] == [
        (800, "r1:0:800"),
        (800, "r1:0:1600"),
        (400, "r1:0:2000"),
    ]


def test_a_reply_without_audio_is_finished_when_its_synthesis_has_finished() -> None:
    """The next reply plays even if the last chunk was lost."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.start("r2", speculative=False, now_ms=0)
    assert not playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=10)

    assert appended(playback.synthesis_finished("r1", 0, 20)) == [
        PlaybackFinished(reply_id="r1", at_ms=20),
        PlaybackStarted(reply_id="r2", at_ms=20),
    ]


def test_missing_audio_is_skipped_after_a_timeout() -> None:
    """The audio before the gap was played; the next reply follows."""
    restored = PlaybackState()
    for body in (ReplyStarted(reply_id="r1"), SynthesisFinished(reply_id="r1", samples=1600)):
        restored.apply(body, 0)
    playback = Playback(restored)
    playback.audio_received("r1", 0, b"x" * 800, last=False, now_ms=2000)
    playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=2000)
    playback.mark_returned("r1:0:800", 2100)

    assert playback.skip_missing_audio(1500, 9000) == []
    assert appended(playback.skip_missing_audio(1500, 11_000)) == [
        PlaybackFinished(reply_id="r1", played_samples=800, at_ms=11_000),
        PlaybackStarted(reply_id="r2", at_ms=11_000),
    ]


def test_marks_returned_by_a_clear_are_ignored() -> None:
    """Marks of an older generation confirm no audio."""
    playback = playing()
    playback.mark_returned("r1:0:800", 100)
    [_, paused] = playback.pause(100)

    assert paused == Append(PlaybackPaused(reply_id="r1", played_samples=800, at_ms=100))
    assert playback.mark_returned("r1:0:8000", 101) == []
    assert not playback.is_done("r1")


def test_resuming_plays_on_from_the_paused_position() -> None:
    """No audio is sent while playback is paused."""
    playback = playing()
    playback.mark_returned("r1:0:1600", 200)
    playback.pause(250)
    assert playback.advance(900) == []
    commands = playback.resume(1000)

    assert appended(commands) == [PlaybackStarted(reply_id="r1", from_sample=2000, at_ms=1000)]
    assert sum(len(c.mulaw) for c in commands if isinstance(c, Play)) == 6000


def test_the_clock_extrapolates_between_marks_but_never_past_the_next_one() -> None:
    """A stalled line does not count as played audio."""
    playback = playing()
    playback.mark_returned("r1:0:800", 100)

    [_, paused] = playback.pause(5000)
    assert paused == Append(PlaybackPaused(reply_id="r1", played_samples=1600, at_ms=5000))


def test_a_cancelled_reply_reports_how_much_was_played() -> None:
    """The next reply plays after it."""
    playback = playing()
    playback.start("r2", speculative=False, now_ms=0)
    playback.mark_returned("r1:0:800", 100)
    commands = playback.cancel("r1", 100)

    assert commands[0] == Clear()
    assert appended(commands) == [BargeIn(reply_id="r1", played_samples=800, at_ms=100)]
    assert appended(playback.audio_received("r2", 0, b"y" * 160, last=False, now_ms=150)) == [
        PlaybackStarted(reply_id="r2", from_sample=0, at_ms=150)
    ]


def test_cancelling_another_reply_does_not_end_a_pause() -> None:
    """Only cancelling or resuming the paused reply does."""
    playback = playing()
    playback.start("r2", speculative=False, now_ms=0)
    playback.pause(100)
    playback.cancel("r2", 110)

    assert playback.paused
    playback.cancel("r1", 120)
    assert not playback.paused


def test_a_speculative_reply_waits_for_its_release() -> None:
    """Its buffered audio is sent as soon as it is released."""
    playback = Playback()
    playback.start("r1", speculative=True, now_ms=0)
    assert playback.audio_received("r1", 0, b"x" * 160, last=False, now_ms=0) == []

    assert any(isinstance(command, Play) for command in playback.release("r1", 10))


def test_a_reply_without_audio_is_finished_when_it_is_next() -> None:
    """The replies after it are not blocked."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)

    assert appended(playback.audio_received("r1", 0, b"", last=True, now_ms=5)) == [
        PlaybackFinished(reply_id="r1", played_samples=0, at_ms=5)
    ]


def test_repeated_audio_is_skipped_and_audio_after_a_gap_is_refused() -> None:
    """The next owner of tts may publish audio again; its last chunk may end before what was received."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"a" * 160, last=False, now_ms=0)
    playback.audio_received("r1", 400, b"c" * 160, last=False, now_ms=0)
    commands = playback.audio_received("r1", 80, b"b" * 160, last=False, now_ms=0)

    assert [c.mulaw for c in commands if isinstance(c, Play)] == [b"b" * 80]
    playback.audio_received("r1", 200, b"", last=True, now_ms=0)
    assert appended(playback.mark_returned("r1:0:240", 30)) == [
        PlaybackFinished(reply_id="r1", played_samples=240, at_ms=30)
    ]


STEPS = st.lists(
    st.sampled_from(["tick", "tick", "tick", "tick", "audio", "audio", "pause", "resume", "cancel"]),
    max_size=120,
)


@settings(max_examples=1000)
@given(STEPS, st.integers(100, 1500))
def test_no_audio_is_played_twice_or_lost(steps: list[str], chunk: int) -> None:  # noqa: C901, PLR0912 - one arm per step
    """This holds for any order of events, except for cancelled replies and 20 ms at each pause."""
    twilio, playback = TwilioBuffer(), Playback()
    lengths = {"r1": 4000, "r2": 2400, "r3": 3200}
    received = dict.fromkeys(lengths, 0)
    cancelled: set[str] = set()
    pauses = 0
    for reply_id in lengths:
        twilio.receive(playback.start(reply_id, speculative=False, now_ms=0))

    def tick() -> None:
        for mark in twilio.step():
            twilio.receive(playback.mark_returned(mark, twilio.now_ms))

    def receive() -> bool:
        reply_id = next((r for r in lengths if received[r] <= lengths[r]), None)
        if reply_id is None:
            return False
        size = min(chunk, lengths[reply_id] - received[reply_id])
        last = size == 0
        commands = playback.audio_received(
            reply_id, received[reply_id], b"x" * size, last=last, now_ms=twilio.now_ms
        )
        twilio.receive(commands)
        received[reply_id] += size or 1
        return True

    for step in steps:
        match step:
            case "tick":
                tick()
            case "audio":
                receive()
            case "pause":
                commands = playback.pause(twilio.now_ms)
                pauses += bool(commands)
                twilio.receive(commands)
            case "resume":
                twilio.receive(playback.resume(twilio.now_ms))
            case "cancel":
                current = next((r for r in lengths if not playback.is_done(r)), None)
                if current is not None:
                    cancelled.add(current)
                    twilio.receive(playback.cancel(current, twilio.now_ms))
            case _:
                pass
    twilio.receive(playback.resume(twilio.now_ms))
    while receive():
        pass
    for _ in range(100):
        tick()

    for reply_id, length in lengths.items():
        assert playback.is_done(reply_id)
        if reply_id in cancelled:
            continue
        pieces = twilio.played[reply_id]
        slips = sum(abs(a[1] - b[0]) for a, b in pairwise(pieces))
        assert pieces[0][0] == 0
        assert pieces[-1][1] == length
        assert slips <= pauses * 20 * MS


def filling() -> Playback:
    """An answer without audio so far, and a filler that plays until it arrives."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.start("r2", speculative=False, filler=True, now_ms=1500)
    playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=1500)
    return playback


def test_a_filler_plays_while_the_answer_has_no_audio() -> None:
    """It plays although the answer was started before it."""
    playback = filling()

    assert playback.buffer_ends_ms == 2500
    assert appended(playback.mark_returned("r2:0:8000", 2500)) == [
        PlaybackFinished(reply_id="r2", played_samples=8000, at_ms=2500)
    ]


def test_a_filler_is_cut_off_as_soon_as_the_answer_has_audio() -> None:
    """Its played samples are reported; the answer starts at once."""
    playback = filling()
    playback.mark_returned("r2:0:800", 1600)
    commands = playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=1650)

    assert isinstance(commands[0], Clear)
    assert appended(commands) == [
        PlaybackFinished(reply_id="r2", played_samples=1200, at_ms=1650),
        PlaybackStarted(reply_id="r1", from_sample=0, at_ms=1650),
    ]
    assert [c.mulaw for c in commands if isinstance(c, Play)] == [b"a" * 800]
    assert playback.is_done("r2")


def test_a_filler_that_arrives_after_the_answer_is_not_played() -> None:
    """The answer has started."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=0)
    playback.start("r2", speculative=False, filler=True, now_ms=10)

    assert playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=20) == []
    playback.audio_received("r1", 800, b"a" * 800, last=True, now_ms=50)
    assert playback.is_done("r2")


def test_an_answer_continues_after_a_filler_where_its_opener_ended() -> None:
    """The order of playback is opener, filler, rest of the answer."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"o" * 800, last=False, now_ms=0)
    playback.mark_returned("r1:0:800", 100)
    playback.start("r2", speculative=False, filler=True, now_ms=1600)
    playback.audio_received("r2", 0, b"f" * 8000, last=True, now_ms=1600)
    commands = playback.audio_received("r1", 800, b"a" * 800, last=True, now_ms=1700)

    assert PlaybackStarted(reply_id="r1", from_sample=800, at_ms=1700) in appended(commands)


def test_a_filler_paused_by_a_false_alarm_is_replaced_by_the_answer() -> None:
    """The answer's audio arrived during the pause."""
    playback = filling()
    playback.pause(1600)
    assert playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=1700) == []
    commands = playback.resume(2300)

    assert appended(commands)[-1] == PlaybackStarted(reply_id="r1", from_sample=0, at_ms=2300)
    assert playback.is_done("r2")


def test_no_reply_starts_while_the_caller_speaks() -> None:
    """The reply is paused at its first sample until the speech is judged a false alarm."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    assert playback.pause(100) == []

    assert playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=200) == [
        Append(PlaybackPaused(reply_id="r1", played_samples=0, at_ms=200))
    ]
    assert appended(playback.resume(900)) == [PlaybackStarted(reply_id="r1", from_sample=0, at_ms=900)]


def test_a_reply_starts_after_the_caller_has_stopped() -> None:
    """Speech that ended before any audio arrived is no reason to wait."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.pause(100)
    playback.speech_stopped()

    assert appended(playback.audio_received("r1", 0, b"a" * 800, last=False, now_ms=200)) == [
        PlaybackStarted(reply_id="r1", from_sample=0, at_ms=200)
    ]


def test_a_repeated_or_late_mark_changes_nothing() -> None:
    """Time is counted from the first return of the mark."""
    playback = playing()
    playback.mark_returned("r1:0:1600", 200)
    playback.mark_returned("r1:0:1600", 280)
    playback.mark_returned("r1:0:800", 285)
    [_, paused] = playback.pause(290)

    assert paused == Append(PlaybackPaused(reply_id="r1", played_samples=1600 + 90 * MS, at_ms=290))


def test_the_first_mark_is_stored_then_one_every_5_s_and_published_every_500_ms() -> None:
    """The log states when a reply was first played; the next stream needs the latest position."""
    playback = playing(samples=100 * 800)

    returned = [playback.mark_returned(f"r1:0:{n * 800}", 100 + n * 100) for n in range(1, 61)]

    stored = [n for n, commands in enumerate(returned, 1) if appended(commands)]
    published = [n for n, commands in enumerate(returned, 1) for c in commands if isinstance(c, Publish)]
    assert returned[0] == [Append(PlaybackProgressed(reply_id="r1", played_samples=800, at_ms=200))]
    assert stored == [1, 51]
    assert published == [6, 11, 16, 21, 26, 31, 36, 41, 46, 56]


def without_marks(playback: Playback, until_ms: int, *, from_ms: int = 0) -> list[Command]:
    """The commands of the player's timer while no marks return."""
    return [c for now_ms in range(from_ms, until_ms + 1, 250) for c in playback.check_marks(now_ms)]


def test_a_reply_ends_by_the_clock_when_no_mark_returns() -> None:
    """Its end is marked as estimated, and the next reply follows."""
    playback = playing(samples=8 * 4000)
    playback.start("r2", speculative=False, now_ms=0)
    events = appended(without_marks(playback, 6000))

    finished = PlaybackFinished(reply_id="r1", played_samples=32_000, at_ms=4250, estimated=True)
    assert events[-1] == finished
    assert all(e.estimated for e in events if isinstance(e, PlaybackProgressed | PlaybackFinished))
    assert playback.is_done("r1")
    assert playback.is_silent(6000)


def test_no_mark_is_late_while_marks_return() -> None:
    """A line with a delay of a second is slow, not broken."""
    playback = playing(samples=8 * 6000)
    for n in range(1, 51):
        assert playback.check_marks(n * 100 + 1000) == []
        playback.mark_returned(f"r1:0:{n * 800}", n * 100 + 1000)

    assert not playback.is_done("r1")


def test_a_late_mark_never_moves_playback_backwards() -> None:
    """It ends the estimation until marks fail again; a mark beyond the estimate counts."""
    playback = playing(samples=8 * 6000)
    without_marks(playback, 3000)
    assert playback.mark_returned("r1:0:800", 3010) == []
    assert playback.check_marks(4000) == []
    playback.mark_returned("r1:0:28800", 4100)
    [_, paused] = playback.pause(4150)

    assert paused == Append(PlaybackPaused(reply_id="r1", played_samples=28_800 + 50 * MS, at_ms=4150))


def test_a_reply_without_returned_marks_is_interrupted_where_it_is() -> None:
    """The position is that of the clock, not of the last mark."""
    playback = playing(samples=8 * 6000)
    without_marks(playback, 3000)
    commands = playback.pause(3100)

    paused = PlaybackPaused(reply_id="r1", played_samples=3100 * MS, at_ms=3100)
    assert [commands[-2], commands[-1]] == [Clear(), Append(paused)]
    assert appended(playback.resume(4000)) == [
        PlaybackStarted(reply_id="r1", from_sample=3100 * MS, at_ms=4000)
    ]


def test_without_marks_speech_clears_the_buffer_even_after_the_last_reply() -> None:
    """Audio that was delayed on its way to Twilio must not play over the caller."""
    playback = playing(samples=8 * 3000)
    without_marks(playback, 3500)
    assert playback.is_done("r1")

    assert playback.pause(3600) == [Clear()]
    assert not playback.paused


def test_a_gap_in_the_audio_does_not_count_as_played() -> None:
    """Synthesis was slower than playback, and no mark returns."""
    playback = Playback()
    playback.start("r1", speculative=False, now_ms=0)
    playback.audio_received("r1", 0, b"x" * 8000, last=False, now_ms=0)
    playback.audio_received("r1", 8000, b"x" * 8000, last=False, now_ms=3000)
    without_marks(playback, 3500)
    playback.audio_received("r1", 16_000, b"x" * 8000, last=True, now_ms=3500)
    without_marks(playback, 4500)

    assert playback.pause(4500)[-1] == Append(
        PlaybackPaused(reply_id="r1", played_samples=(1000 + 1500) * MS, at_ms=4500)
    )


@settings(max_examples=300)
@given(st.sets(st.integers(0, 200)), st.booleans(), st.integers(0, 60))
def test_every_reply_ends_although_marks_are_lost_or_late(lost: set[int], none: bool, late: int) -> None:
    """Progress never goes backwards, and no reply ends before Twilio has played it."""
    twilio, playback = TwilioBuffer(), Playback()
    lengths = {"r1": 16_000, "r2": 4000, "r3": 9600}
    events: list[Body] = []
    delayed: list[tuple[int, str]] = []

    def perform(commands: list[Command]) -> None:
        twilio.receive(commands)
        events.extend(appended(commands))
        for event in appended(commands):
            if isinstance(event, PlaybackFinished):
                assert twilio.played[event.reply_id][-1][1] == lengths[event.reply_id]

    for reply_id, length in lengths.items():
        perform(playback.start(reply_id, speculative=False, now_ms=0))
        perform(playback.audio_received(reply_id, 0, b"x" * length, last=True, now_ms=0))
    numbers = count()
    for step in range(400):
        returned = [mark for mark in twilio.step() if not none and next(numbers) not in lost]
        delayed += [(step + late, mark) for mark in returned]
        while delayed and delayed[0][0] <= step:
            perform(playback.mark_returned(delayed.pop(0)[1], twilio.now_ms))
        if step % 12 == 0:
            perform(playback.check_marks(twilio.now_ms))

    assert all(playback.is_done(reply_id) for reply_id in lengths)
    progress = [(e.reply_id, e.played_samples) for e in events if isinstance(e, Progress)]
    assert progress == sorted(progress)


def test_late_audio_of_a_reply_that_has_ended_is_not_played() -> None:
    """Neither is it after many other replies, and nothing is kept of them."""
    playback = Playback()
    for number in range(200):
        playback.start(f"r{number}", speculative=False, now_ms=0)
        playback.cancel(f"r{number}", 0)

    assert playback.audio_received("r1", 0, b"x" * 800, last=False, now_ms=10) == []
    assert playback.is_done("r1")


def test_speech_does_not_stop_an_uninterruptible_reply() -> None:
    """It starts and continues under speech; the next reply waits."""
    playback = Playback()
    playback.pause(0)
    playback.start("r1", speculative=False, uninterruptible=True, now_ms=0)
    started = playback.audio_received("r1", 0, b"x" * 800, last=True, now_ms=0)
    playback.start("r2", speculative=False, now_ms=0)

    assert appended(started) == [PlaybackStarted(reply_id="r1", at_ms=0)]
    assert playback.pause(50) == []
    assert appended(playback.mark_returned("r1:0:800", 100)) == [
        PlaybackFinished(reply_id="r1", played_samples=800, at_ms=100)
    ]
    assert appended(playback.audio_received("r2", 0, b"x" * 800, last=True, now_ms=150)) == [
        PlaybackPaused(reply_id="r2", at_ms=150)
    ]


def test_voice_activity_does_not_pause_playback_on_a_noisy_line() -> None:
    """After two pauses for noise, only words stop the agent."""
    playback = playing(80_000)
    for at_ms in (100, 1000):
        assert playback.pause(at_ms)
        playback.resume(at_ms + 500, noise=True)

    assert playback.pause(2000) == []
    assert playback.cancel("r1", 2500)[0] == Clear()


def test_backchannels_are_no_noise() -> None:
    """A listening caller must still be able to stop the agent at once."""
    playback = playing(80_000)
    for at_ms in (100, 1000):
        playback.pause(at_ms)
        playback.resume(at_ms + 500)

    assert playback.pause(2000)[0] == Clear()
