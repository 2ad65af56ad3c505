"""Decides when a hang-up that the agent requested is due. No I/O, no clock."""

from dataclasses import dataclass

from parley.events.envelope import Body
from parley.v1 import reply_pb2
from services.edge.outbound.playback import Playback

_MAX_GOODBYE_DELAY_MS = 10_000
"""The call is ended this long after its last reply should have been played, even if no mark confirms it."""
_MAX_PAUSED_DELAY_MS = 40_000
"""The same while the caller's voice pauses playback: words cancel the reply, noise does not."""
FINAL_REASON = "max_call_s"
"""Reason of a hang-up that the caller cannot interrupt."""


@dataclass(slots=True)
class PendingHangUp:
    """A requested hang-up that waits until the agent's last reply has been played."""

    after_reply_id: str = ""
    """The last reply; empty while no hang-up is requested."""
    requested_ms: int = 0
    final: bool = False
    """Whether the caller cannot withdraw it: the call has reached its maximum duration."""

    def apply(self, body: Body | None, now_ms: int) -> None:
        """Apply an event of the call, received at call time `now_ms`."""
        match body:
            case reply_pb2.HangUpRequested():
                self.after_reply_id, self.requested_ms = body.after_reply_id, now_ms
                self.final = body.reason == FINAL_REASON
            case reply_pb2.ReplyCancelled(reply_id=reply_id) if (
                reply_id == self.after_reply_id and not self.final
            ):
                # The caller has interrupted the goodbye, so the conversation continues.
                self.after_reply_id = ""
            case _:
                pass

    def is_due(self, playback: Playback, now_ms: int) -> bool:
        """Whether the call must be ended now."""
        if not self.after_reply_id:
            return False
        return playback.is_done(self.after_reply_id) or self._is_overdue(playback, now_ms)

    def _is_overdue(self, playback: Playback, now_ms: int) -> bool:
        """Whether the last reply should have finished playing."""
        expected_ms = max(self.requested_ms, playback.buffer_ends_ms)
        delay_ms = _MAX_PAUSED_DELAY_MS if playback.paused else _MAX_GOODBYE_DELAY_MS
        return now_ms > expected_ms + delay_ms
