"""Tests of when a requested hang-up is due."""

from parley.v1.reply_pb2 import HangUpRequested, ReplyCancelled
from services.edge.outbound.hang_up import PendingHangUp
from services.edge.outbound.playback import Playback


def goodbye() -> tuple[PendingHangUp, Playback]:
    """A hang-up that was requested at 100 ms, and 1 s of goodbye that was sent to Twilio at 0 ms."""
    pending, playback = PendingHangUp(), Playback()
    pending.apply(HangUpRequested(after_reply_id="r1"), 100)
    playback.audio_received("r1", 0, b"x" * 8000, last=True, now_ms=0)
    return pending, playback


def test_a_hang_up_is_due_when_its_reply_was_played() -> None:
    """It is not due before the mark after the last sample has returned."""
    pending, playback = goodbye()

    assert not pending.is_due(playback, 1000)
    playback.mark_returned("r1:0:8000", 1000)
    assert pending.is_due(playback, 1000)


def test_a_hang_up_is_due_10_s_after_the_reply_should_have_been_played() -> None:
    """A missing mark does not keep the call open."""
    pending, playback = goodbye()

    assert not pending.is_due(playback, 11_000)
    assert pending.is_due(playback, 11_001)


def test_a_paused_goodbye_becomes_overdue_later() -> None:
    """The brain decides whether the caller has interrupted it; noise without words does not keep the call."""
    pending, playback = goodbye()
    playback.pause(500)

    assert not pending.is_due(playback, 40_000)
    assert pending.is_due(playback, 41_000)


def test_cancelling_the_goodbye_withdraws_the_hang_up() -> None:
    """Cancelling another reply does not withdraw it."""
    pending, playback = goodbye()
    pending.apply(ReplyCancelled(reply_id="r0"), 200)
    assert pending.is_due(playback, 11_001)

    pending.apply(ReplyCancelled(reply_id="r1"), 200)
    assert not pending.is_due(playback, 11_001)


def test_a_final_hang_up_cannot_be_withdrawn() -> None:
    """At the maximum duration, the call ends even if the goodbye is cancelled."""
    pending, playback = goodbye()
    pending.apply(HangUpRequested(after_reply_id="r1", reason="max_call_s"), 100)
    pending.apply(ReplyCancelled(reply_id="r1"), 200)
    playback.cancel("r1", 200)

    assert pending.is_due(playback, 200)
