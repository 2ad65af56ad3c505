"""Which positions are stored and which are only published."""

from parley.v1.playback_pb2 import PlaybackProgressed
from services.edge.outbound.commands import Append, Publish
from services.edge.outbound.progress_reports import ProgressReports
from services.edge.outbound.reply_playout import ReplyPlayout


def test_the_first_mark_after_a_start_is_stored() -> None:
    """The latency of a turn is computed from it."""
    reports, reply = ProgressReports(), ReplyPlayout("r1", speculative=False, unmarked=True)
    first = reports.report(reply, 100)
    reply.unmarked = True
    second = reports.report(reply, 300)

    assert first == [Append(PlaybackProgressed(reply_id="r1", at_ms=100))]
    assert second == [Append(PlaybackProgressed(reply_id="r1", at_ms=300))]
    assert reports.report(reply, 700) == []


def test_positions_in_between_are_published() -> None:
    """Every 500 ms, and stored every 5 s."""
    reports, reply = ProgressReports(), ReplyPlayout("r1", speculative=False, unmarked=True)
    kinds = [type(c) for now_ms in range(100, 6000, 100) for c in reports.report(reply, now_ms)]

    assert kinds == [Append, *[Publish] * 9, Append, Publish]


def test_an_estimate_is_not_the_first_mark() -> None:
    """No mark confirms when the audio was first played."""
    reports, reply = ProgressReports(), ReplyPlayout("r1", speculative=False, unmarked=True)
    [published] = reports.report(reply, 1000, estimated=True)

    assert published == Publish(PlaybackProgressed(reply_id="r1", at_ms=1000, estimated=True))
    assert isinstance(reports.report(reply, 1100)[0], Append)
