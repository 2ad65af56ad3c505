"""Decides how long the recorder follows the log of a call that has ended."""

import asyncio

from parley.events.facts import CallFacts
from parley.events.log import CallEventLog

_OTHER_STAGES_S = 0.5
_TRANSCRIPTION_S = 5.0
"""stt needs about 2 s for the caller's last words, and its next owner as long again if the first one dies."""


def followed_for_s(facts: CallFacts) -> float:
    """Time after `call.ended` in which events of the record may be appended, in seconds."""
    stt = facts.owners.get("stt")
    return _OTHER_STAGES_S if stt is None or stt.released else _TRANSCRIPTION_S


class LastEvents:
    """The time until which one call's log is followed."""

    def __init__(self, call_log: CallEventLog) -> None:
        """Start; for an owner that claims an ended call, the time has begun with the end of the call."""
        self._log = call_log
        self._ended_s: float | None = None
        ended = call_log.facts.ended
        if ended is not None:
            elapsed_ms = call_log.now_ms() - call_log.clock.ms_at(ended.sent_at_us)
            self._ended_s = asyncio.get_running_loop().time() - max(0, elapsed_ms) / 1000

    def until_s(self) -> float | None:
        """Time of the event loop at which no further event is awaited; None before the end of the call."""
        if self._log.facts.ended is None:
            return None
        if self._ended_s is None:
            self._ended_s = asyncio.get_running_loop().time()
        return self._ended_s + followed_for_s(self._log.facts)
