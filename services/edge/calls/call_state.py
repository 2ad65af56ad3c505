"""The state of a call that the edge needs, folded from the call's log. No I/O, no clock."""

from dataclasses import dataclass, field, replace

from parley.agent_config import CallData, call_data
from parley.clock import CallClock
from parley.v1.call_pb2 import DIRECTION_OUTBOUND, StreamResuming
from parley.v1.event_pb2 import Event
from parley.v1.telephony_pb2 import StreamRedirected


@dataclass(frozen=True, slots=True)
class CallState:
    """A call's start, its last media stream, the last attempt to resume it, and its end."""

    started_at_us: int
    agent: str
    public_url: str = ""
    from_number: str = ""
    to_number: str = ""
    account_sid: str = ""
    """Twilio account whose call it is."""
    region: str = ""
    """Twilio's region that processes it; empty for us1."""
    agent_version: str = ""
    """Empty for the current one."""
    data: CallData = field(default_factory=CallData)
    """For the agent's texts."""
    outbound: bool = False
    """Whether the account has placed it: its own number is the caller's."""
    end_reason: str = ""
    """Empty until the call has ended."""
    stream_epoch: int = 0
    """Epoch of the last media stream; 0 before the first."""
    stream_position: int = 0
    """Sequence of the last stream.started in the log's stream; 0 before the first."""
    stream_sid: str = ""
    stream_sids: frozenset[str] = frozenset()
    """All streams that the call has had."""
    stop_reason: str = ""
    """Reason of the last stream's stream.stopped; empty until there is one."""
    stopped_at_us: int = 0
    resuming: StreamResuming | None = None
    """The last attempt to replace a lost stream."""
    resuming_at_us: int = 0
    resuming_position: int = 0
    """Sequence of the last stream.resuming in the log's stream; 0 for none."""
    failed_sids: frozenset[str] = frozenset()
    """Streams that Twilio could not open since the last one that started."""
    failure_code: int = 0
    """Twilio's error code of the last of them; 0 if unknown."""
    failed_position: int = 0
    """Sequence of the last stream.failed in the log's stream; 0 for none."""
    redirected: StreamRedirected | None = None
    """Why the last stream was ended on purpose; None if it was not."""

    @property
    def account(self) -> tuple[str, str]:
        """The Twilio account whose call it is, and the region that processes it; empty if unknown."""
        return self.account_sid, self.region

    @property
    def own_number(self) -> str:
        """The account's number in this call."""
        return self.from_number if self.outbound else self.to_number

    def is_away(self, now_us: int) -> bool:
        """Whether the caller is with a person or on the way to one, so that the call needs no stream."""
        away = self.redirected
        if away is None or away.withdrawn or away.epoch != self.stream_epoch:
            return False
        return not away.until_ms or now_us < self.clock.us_at(away.until_ms)

    @property
    def is_resuming(self) -> bool:
        """Whether a replacement for the last stream has been requested."""
        return self.resuming is not None and self.resuming.epoch == self.stream_epoch

    @property
    def waiting_since_us(self) -> int:
        """Time since which the call waits for a media stream; 0 if the log shows an open one."""
        if self.is_resuming:
            return self.resuming_at_us
        return self.started_at_us if self.stream_epoch == 0 else self.stopped_at_us

    @property
    def resume_method(self) -> str:
        """How the next stream was requested: `redirect` or `rest`; empty if none was requested."""
        return self.resuming.method if self.resuming is not None and self.is_resuming else ""

    @property
    def clock(self) -> CallClock:
        """Converts between wall clock and call time."""
        return CallClock(self.started_at_us)


def evolve(call: CallState | None, event: Event, position: int) -> CallState | None:
    """Return the state after an event at a sequence of the log's stream; None before call.started."""
    if call is None:
        if not event.HasField("call_started"):
            return None
        started = event.call_started
        return CallState(
            event.sent_at_us,
            started.agent,
            started.public_url,
            started.from_number,
            started.to_number,
            started.account_sid,
            started.region,
            started.agent_version,
            call_data(event),
            started.direction == DIRECTION_OUTBOUND,
        )
    if event.HasField("call_ended"):
        return replace(call, end_reason=event.call_ended.reason or "completed")
    if event.HasField("stream_started") and event.epoch > call.stream_epoch:
        stream_sid = event.stream_started.stream_sid
        return replace(
            call,
            stream_epoch=event.epoch,
            stream_position=position,
            stream_sid=stream_sid,
            stream_sids=call.stream_sids | {stream_sid},
            stop_reason="",
            stopped_at_us=0,
            failed_sids=frozenset(),
            failure_code=0,
        )
    if event.HasField("stream_stopped") and event.epoch == call.stream_epoch:
        return replace(call, stop_reason=event.stream_stopped.reason, stopped_at_us=event.sent_at_us)
    if event.HasField("stream_redirected"):
        return replace(call, redirected=event.stream_redirected)
    if event.HasField("stream_resuming"):
        return replace(
            call,
            resuming=event.stream_resuming,
            resuming_at_us=event.sent_at_us,
            resuming_position=position,
        )
    if event.HasField("stream_failed"):
        failed = event.stream_failed
        # An error that is reported after another stream has started no longer matters.
        sids = {failed.stream_sid} if failed.epoch == call.stream_epoch else set()
        return replace(
            call,
            failed_sids=call.failed_sids | sids,
            failure_code=failed.code if sids else call.failure_code,
            failed_position=position,
        )
    return call
