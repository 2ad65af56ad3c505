"""Calls whose agent acts outside of the call, and the moments for a kill. No I/O, no clock."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from parley.v1.event_pb2 import Event
from sandbox.caller.script import Script
from sandbox.caller.script_parser import parse_script

AGENT, COLD_AGENT, NEXT_AGENT = "effects", "effects-cold", "effects-next"
BOOKING_TOOL = "book"
PERSON, COLD_PERSON = "+15550103001", "+15550103002"
_KEYS = "42#"
_PAUSE_MS = 14_000
"""Longer than a takeover and the rest of the answer."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A request of the caller, and the event of its call at which the owner of a stage is killed."""

    name: str
    words: str
    is_reached: Callable[[Event], bool]
    stages: tuple[str, ...] = ("edge", "brain")
    """The stages that take part."""
    agent: str = AGENT
    steps: tuple[Any, ...] = ({"pause": _PAUSE_MS},)
    """The caller's steps after the request."""

    def script(self) -> Script:
        """The script of the caller."""
        return parse_script({"steps": ["listen", {"say": self.words}, *self.steps, "hang_up"]})


def _calls_tool(event: Event) -> bool:
    return event.HasField("tool_called")


def _is_attempted(event: Event) -> bool:
    return event.HasField("telephony_attempted")


def _is_redirected(event: Event) -> bool:
    return event.HasField("stream_redirected") and not event.stream_redirected.withdrawn


MOMENTS = (
    Moment("tool", "do you have an appointment on friday", _calls_tool, ("brain",)),
    Moment("hand-off", "i would like to buy a house", _calls_tool, ("brain",)),
    Moment("message", "what are your opening hours", _is_attempted),
    Moment("warm transfer", "can i speak to a human please", _is_attempted),
    Moment("cold transfer", "is there any parking", _is_redirected, agent=COLD_AGENT),
    Moment(
        "keys",
        "how much does it cost",
        _is_redirected,
        steps=({"expect_keys": {"digits": _KEYS, "timeout_s": 25}}, {"pause": 4000}),
    ),
)


def moments_of(stage: str) -> tuple[Moment, ...]:
    """The moments at which a stage has something to lose."""
    return tuple(moment for moment in MOMENTS if stage in moment.stages)


def model_rules() -> list[dict[str, Any]]:
    """The rules by which the emulated model answers."""

    def call(tool: str, **arguments: Any) -> dict[str, Any]:
        return {"name": tool, "arguments": arguments}

    return [
        {"tool_result": BOOKING_TOOL, "say": "Friday it is."},
        {"tool_result": "send_sms", "say": "I have sent it."},
        {"tool_result": "transfer_call", "say": "They cannot talk now."},
        {"tool_result": "send_dtmf", "say": "I have pressed them."},
        {"when": "appointment", "say": "Let me book it.", "call": call(BOOKING_TOOL, day="friday")},
        {"when": "opening", "call": call("send_sms", text="Open until six.")},
        {"when": "human", "call": call("transfer_call", destination="sales", summary="Asks for prices.")},
        {"when": "parking", "call": call("transfer_call", destination="sales")},
        {"when": "cost", "call": call("send_dtmf", digits=_KEYS)},
        {"when": "buy", "call": call("hand_off", agent=NEXT_AGENT, reason="buys", summary="Wants a house.")},
    ]


def agents(model: str, service_url: str) -> dict[str, dict[str, Any]]:
    """The agent files by name; `model` is the emulator's model with these rules."""
    common = {
        "prompt": "You answer the phone of a clinic.",
        "greeting": "Hello.",
        "llm": {"model": model},
        "idle": {"timeout_s": 60},
        "fillers": {"phrases": [], "tool_phrases": []},
    }
    booking = {"name": BOOKING_TOOL, "description": "Books.", "url": service_url}
    warm = {"type": "transfer_call", "kind": "warm", "destinations": {"sales": {"number": PERSON}}}
    cold = {"type": "transfer_call", "destinations": {"sales": {"number": COLD_PERSON}}}
    handoff = {"agent": NEXT_AGENT, "when": "the caller wants to buy", "greeting": True}
    return {
        AGENT: {**common, "tools": [booking, "send_sms", "send_dtmf", warm], "handoffs": [handoff]},
        COLD_AGENT: {**common, "tools": [cold]},
        NEXT_AGENT: {**common, "greeting": "Sales department."},
    }


def people() -> dict[str, dict[str, Any]]:
    """The persons of the transfers by number: one declines, the other talks briefly."""
    declines = ["listen", {"press": "2"}, {"pause": 2000}]
    return {
        PERSON: {"answer": "person", "ring_s": 4, "script": {"steps": declines}},
        COLD_PERSON: {"answer": "person", "ring_s": 1, "script": {"steps": [{"pause": 2000}, "hang_up"]}},
    }


@dataclass(frozen=True, slots=True)
class Outside:
    """The traces of a call outside of its log."""

    bookings: int = 0
    messages: int = 0
    keys_pressed: bool = False
    """Whether the other side has decoded exactly the keys."""


def effects_of(moment: Moment, events: Sequence[Event], outside: Outside) -> int:
    """Return how often the request of a call took effect; it should be 1."""
    match moment.name:
        case "tool":
            return outside.bookings
        case "message":
            return outside.messages
        case "keys":
            sent = {
                e.dtmf_sent.tool_call_id for e in events if e.HasField("dtmf_sent") and not e.dtmf_sent.failed
            }
            return len(sent) if outside.keys_pressed else 0
        case "hand-off":
            changed = {e.agent_changed.tool_call_id for e in events if e.HasField("agent_changed")}
            return len(changed)
        case _:
            legs = {e.transfer_leg_updated.call_sid for e in events if e.HasField("transfer_leg_updated")}
            return len(legs)


def spoken_twice(events: Sequence[Event]) -> list[str]:
    """Return the sentences of the agent that were played more than once."""
    texts: dict[str, str] = {}
    played: list[str] = []
    for event in events:
        if event.HasField("reply_clause"):
            clause = event.reply_clause
            texts[clause.reply_id] = texts.get(clause.reply_id, "") + clause.text
        if event.playback_finished.played_samples:
            played.append(texts.get(event.playback_finished.reply_id, "").strip())
    return sorted({text for text in played if text and played.count(text) > 1})
