"""Received, sent and played audio of one reply."""

from parley.audio.playout_position import PlayoutPosition
from services.edge.outbound.reply_playout import ReplyPlayout


def test_audio_is_appended_once_and_without_gaps() -> None:
    """Repeated bytes are skipped, and bytes after a gap are refused."""
    reply = ReplyPlayout("r1", speculative=False)
    reply.receive(0, b"a" * 160, last=False, now_ms=10)
    reply.receive(80, b"b" * 160, last=False, now_ms=20)
    reply.receive(400, b"c" * 160, last=True, now_ms=30)

    assert bytes(reply.audio) == b"a" * 160 + b"b" * 80
    assert (reply.complete, reply.last_audio_ms) == (False, 20)


def test_rewinding_returns_sent_audio_to_the_unsent() -> None:
    """The next start of its playback is announced again."""
    reply = ReplyPlayout("r1", speculative=False, announced=True, sent=160)
    reply.receive(0, bytes(160), last=True, now_ms=0)
    assert reply.in_flight

    reply.rewind(PlayoutPosition(80, at_ms=10))

    assert (reply.played, reply.sent, reply.announced) == (80, 80, False)
    assert reply.unsent
    assert not reply.in_flight


def test_a_finished_reply_keeps_its_position_but_no_audio() -> None:
    """Its memory is freed."""
    reply = ReplyPlayout("r1", speculative=False, position=PlayoutPosition(160, at_ms=20))
    reply.receive(0, bytes(160), last=True, now_ms=0)
    assert reply.fully_played

    reply.finish()

    assert (reply.done, reply.played, len(reply.audio)) == (True, 160, 0)
