"""Functions that receive every event of a call's log without taking part in the call."""

from collections.abc import Callable

import structlog

from parley.v1.event_pb2 import Event

log = structlog.get_logger()


class Observers:
    """The observers of one call's log; one that raises is logged and not called again."""

    def __init__(self, call_sid: str) -> None:
        self._call_sid = call_sid
        self._all: tuple[Callable[[Event], None], ...] = ()

    def add(self, observe: Callable[[Event], None]) -> None:
        """Call `observe` with every event from now on."""
        self._all = (*self._all, observe)

    def notify(self, event: Event) -> None:
        """Call the observers with an event."""
        for observe in self._all:
            try:
                observe(event)
            except Exception:  # a failing observer never affects the call
                log.exception("log_observer_failed", call_sid=self._call_sid, event_id=event.id)
                self._all = tuple(other for other in self._all if other is not observe)
