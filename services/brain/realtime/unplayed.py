"""Removes the unplayed part of interrupted replies from the conversation of sessions."""

import asyncio

from parley.events.envelope import event_body
from parley.v1 import playback_pb2, reply_pb2
from parley.v1.event_pb2 import Event
from services.brain.realtime.session import Session
from services.brain.session_log import SessionLog

_POSITION_TIMEOUT_S = 0.5
"""Time for the edge to report how much was played; then the estimate counts."""


class Unplayed:
    """Cancelled replies whose unplayed part the session still contains."""

    def __init__(self, session_log: SessionLog) -> None:
        self._log = session_log
        self._due_s: dict[str, float] = {}
        """The loop time at which the estimate counts, by reply."""

    @property
    def pending(self) -> bool:
        """Whether the session contains words that were not played."""
        return bool(self._due_s)

    def on_event(self, event: Event, session: Session | None) -> None:
        """Follow cancellations, and the positions that the edge reports for them."""
        match event_body(event):
            case reply_pb2.ReplyCancelled(reply_id=reply_id):
                audible = self._log.conversation.reply(reply_id).audible
                now_s = asyncio.get_running_loop().time()
                self._due_s[reply_id] = now_s + (_POSITION_TIMEOUT_S if audible else 0)
            case playback_pb2.BargeIn(reply_id=reply_id, played_samples=samples):
                self._due_s.pop(reply_id, None)
                if session is not None:
                    session.forget_unplayed(reply_id, samples)
            case _:
                pass

    def on_tick(self, session: Session | None) -> bool:
        """Use the estimate where no position was reported in time; return whether there was one."""
        now_s = asyncio.get_running_loop().time()
        due = [reply_id for reply_id, due_s in self._due_s.items() if due_s <= now_s]
        for reply_id in due:
            del self._due_s[reply_id]
            reply = self._log.conversation.reply(reply_id)
            if session is not None:
                session.forget_unplayed(reply_id, reply.played_samples if reply.audible else 0)
        return bool(due)
