"""The replies of a call whose playback has not ended, and the ids of those that ended last. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from services.edge.outbound.reply_playout import ReplyPlayout

_MAX_DONE_IDS = 256
"""Audio and events that arrive late for a reply are recognized as long as fewer replies have ended since. A
call has fewer in the 15 minutes for which the bus stores audio."""


@dataclass(slots=True)
class ReplyQueue:
    """Replies in the order in which they were started; the memory does not grow with the call."""

    _open: dict[str, ReplyPlayout] = field(default_factory=dict)
    _done: dict[str, None] = field(default_factory=dict)
    """Ids of replies whose playback has ended, in that order."""

    def __iter__(self) -> Iterator[ReplyPlayout]:
        """Iterate over the replies whose playback has not ended; they may end during the iteration."""
        return iter(tuple(self._open.values()))

    def __len__(self) -> int:
        """Return the number of replies whose playback has not ended."""
        return len(self._open)

    def is_done(self, reply_id: str) -> bool:
        """Whether the reply's playback has ended."""
        return reply_id in self._done

    def get(self, reply_id: str) -> ReplyPlayout | None:
        """Return a reply whose playback has not ended; None if there is none with this id."""
        return self._open.get(reply_id)

    def reply(self, reply_id: str) -> ReplyPlayout:
        """Return the reply with this id; it is added if it is new, and stays ended if it has ended."""
        if reply_id in self._done:
            return ReplyPlayout(reply_id, speculative=False, done=True)
        return self._open.setdefault(reply_id, ReplyPlayout(reply_id, speculative=False))

    def start(
        self,
        reply_id: str,
        *,
        speculative: bool,
        filler: bool,
        uninterruptible: bool = False,
        now_ms: int = 0,
    ) -> None:
        """Add a reply that was started at call time `now_ms`, unless it was added before."""
        if reply_id not in self._done:
            started = ReplyPlayout(reply_id, speculative, filler, uninterruptible, now_ms)
            self._open.setdefault(reply_id, started)

    def finish(self, reply_id: str) -> None:
        """End the playback of a reply and free its audio."""
        reply = self._open.pop(reply_id, None)
        if reply is not None:
            reply.finish()
        self._done[reply_id] = None
        if len(self._done) > _MAX_DONE_IDS:
            del self._done[next(iter(self._done))]
