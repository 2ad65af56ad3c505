"""Decides which positions of playback are stored in the log, and which only published. No I/O, no clock."""

from dataclasses import dataclass

from parley.v1.playback_pb2 import PlaybackProgressed
from services.edge.outbound.commands import Append, Command, Publish
from services.edge.outbound.reply_playout import ReplyPlayout

_STORE_INTERVAL_MS = 5000
_PUBLISH_INTERVAL_MS = 500


@dataclass(slots=True)
class ProgressReports:
    """The positions of one call that were reported; times are call time in ms."""

    _stored_ms: int = 0
    _published_ms: int = 0

    def report(self, reply: ReplyPlayout, now_ms: int, *, estimated: bool = False) -> list[Command]:
        """Return how to report a reply's new position: the first mark after a start is always stored."""
        if self._is_stored(reply, now_ms, estimated=estimated):
            self._stored_ms = self._published_ms = now_ms
            return [Append(_progressed(reply, now_ms, estimated=estimated))]
        if now_ms - self._published_ms >= _PUBLISH_INTERVAL_MS:
            self._published_ms = now_ms
            return [Publish(_progressed(reply, now_ms, estimated=estimated))]
        return []

    def _is_stored(self, reply: ReplyPlayout, now_ms: int, *, estimated: bool) -> bool:
        first_mark = reply.unmarked and not estimated
        if first_mark:
            reply.unmarked = False
        return first_mark or now_ms - self._stored_ms >= _STORE_INTERVAL_MS


def _progressed(reply: ReplyPlayout, now_ms: int, *, estimated: bool) -> PlaybackProgressed:
    return PlaybackProgressed(
        reply_id=reply.reply_id, played_samples=reply.played, at_ms=now_ms, estimated=estimated
    )
