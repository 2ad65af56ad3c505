"""The transfers and text messages of a call with their outcomes, from its events. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from parley.events.envelope import Body
from parley.v1 import telephony_pb2

_KINDS: Mapping[int, str] = {
    telephony_pb2.TRANSFER_KIND_COLD: "cold",
    telephony_pb2.TRANSFER_KIND_WARM: "warm",
}


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer that the agent requested. The address is personal data."""

    kind: str
    requested_ms: int
    """Call time of the request."""
    outcome: str = "unknown"
    """The outcome of `transfer.finished`; `unknown` if the call ended without one."""
    target: str = ""
    """Name of the destination in the agent file that the outcome is about."""
    address: str = ""
    reason: str = ""
    joined_ms: int | None = None
    """Call time at which the person and the caller were connected; None if they were not."""
    duration_ms: int | None = None
    """From the request to the outcome; of a person who has the caller, to the connection."""


@dataclass(frozen=True, slots=True)
class TextMessage:
    """A text message that the agent requested. The number is personal data."""

    requested_ms: int
    to: str
    outcome: str = "unknown"
    """`sent`: Twilio has accepted it. `failed`, or `unknown` if the call ended before the outcome."""
    message_sid: str = ""
    code: int = 0
    """Twilio's error code; 0 for none."""
    reason: str = ""


@dataclass(slots=True)
class TelephoneOutcomes:
    """The transfers and messages by tool call, in the order of their requests."""

    _transfers: dict[str, Transfer] = field(default_factory=dict)
    _messages: dict[str, TextMessage] = field(default_factory=dict)

    def apply(self, body: Body, at_ms: int) -> None:
        """Apply an event that was sent at a call time; a repeated request or outcome changes nothing."""
        match body:
            case telephony_pb2.TransferRequested(tool_call_id=key) if key not in self._transfers:
                self._transfers[key] = Transfer(_KINDS.get(body.kind, "unknown"), at_ms)
            case telephony_pb2.TransferFinished(tool_call_id=key) if key in self._transfers:
                if self._transfers[key].duration_ms is None:
                    self._transfers[key] = _finished(self._transfers[key], body, at_ms)
            case telephony_pb2.MessageRequested(tool_call_id=key) if key not in self._messages:
                self._messages[key] = TextMessage(at_ms, _clean(body.to))
            case telephony_pb2.MessageSent(tool_call_id=key) if key in self._messages:
                if self._messages[key].outcome == "unknown":
                    self._messages[key] = _sent(self._messages[key], body)
            case _:
                pass

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """All transfers."""
        return tuple(self._transfers.values())

    @property
    def messages(self) -> tuple[TextMessage, ...]:
        """All text messages."""
        return tuple(self._messages.values())


def as_objects(outcomes: tuple[Transfer, ...] | tuple[TextMessage, ...]) -> list[dict[str, object]]:
    """Return transfers or messages as JSON objects."""
    return [asdict(outcome) for outcome in outcomes]


def _finished(transfer: Transfer, body: telephony_pb2.TransferFinished, at_ms: int) -> Transfer:
    end_ms = body.joined_ms if body.joined_ms and body.outcome == "transferred" else at_ms
    return replace(
        transfer,
        outcome=_clean(body.outcome),
        target=_clean(body.target),
        address=_clean(body.address),
        reason=_clean(body.reason),
        joined_ms=body.joined_ms or None,
        duration_ms=max(0, end_ms - transfer.requested_ms),
    )


def _sent(message: TextMessage, body: telephony_pb2.MessageSent) -> TextMessage:
    return replace(
        message,
        outcome="failed" if body.failed else "sent",
        message_sid=_clean(body.message_sid),
        code=body.code,
        reason=_clean(body.reason),
    )


def _clean(text: str) -> str:
    return text.replace("\x00", "")
