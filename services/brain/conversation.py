"""What was said in a call, and how much of it was heard. A fold over the log; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.envelope import Body, body_of
from parley.v1 import call_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain import reply
from services.brain.backchannels import is_backchannel
from services.brain.reply import Reply

_NEARLY_HEARD_MS = 1000
"""An "okay" this near the end of a question answers it; before that it only means "go on"."""


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """What the caller said."""

    turn: int
    text: str
    aside: bool = False
    """An "uh-huh" while the agent spoke: wants no answer."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool that the model called; `result` is None while it works."""

    tool_call_id: str
    name: str
    arguments: str
    reply_id: str
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The call as the brain knows it."""

    items: tuple[CallerTurn | Reply | ToolUse, ...] = ()
    """In the order in which they began."""
    ended: bool = False
    hang_up_after: str = ""
    """The reply after which the line is closed, unless the caller speaks into it."""

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All replies."""
        return tuple(item for item in self.items if isinstance(item, Reply))

    @property
    def active_replies(self) -> tuple[Reply, ...]:
        """Those of which something may still be heard."""
        return tuple(item for item in self.replies if not (item.over or item.dropped))

    @property
    def hanging_up(self) -> bool:
        """Whether the line will be closed without anything more being said."""
        return bool(self.hang_up_after) and not self.reply(self.hang_up_after).dropped

    @property
    def warned(self) -> bool:
        """Whether the caller knows that the call must end soon."""
        return any(reply.kind == reply_pb2.REPLY_KIND_WARNING for reply in self.replies)

    @property
    def idle_prompts(self) -> int:
        """How often we have asked into the silence since the caller's last turn."""
        asked = 0
        for item in reversed(self.items):
            if isinstance(item, CallerTurn):
                break
            asked += isinstance(item, Reply) and item.kind == reply_pb2.REPLY_KIND_IDLE_PROMPT
        return asked

    @property
    def open_tools(self) -> tuple[ToolUse, ...]:
        """Tools that were called and have not returned."""
        return tuple(item for item in self.items if isinstance(item, ToolUse) and item.result is None)

    @property
    def unanswered_turn(self) -> int | None:
        """The turn that wants an answer now: the caller's last, or one whose answer was left unfinished."""
        if self.open_tools:
            return None
        for item in reversed(self.items):
            match item:
                case CallerTurn(aside=True):
                    continue
                case CallerTurn(turn=turn):
                    return turn
                case ToolUse(name="end_call"):
                    return None
                case ToolUse(reply_id=reply_id):
                    return self.reply(reply_id).turn
                case Reply(dropped="speculation"):
                    continue
                case Reply(finished="superseded", dropped=""):
                    return item.turn
                case Reply():
                    return None
        return None

    def reply(self, reply_id: str) -> Reply:
        """A reply by its name; an empty one if there is none."""
        found = (item for item in self.items if isinstance(item, Reply) and item.reply_id == reply_id)
        return next(found, Reply(reply_id, 0))


def evolve(known: Conversation, event: Event) -> Conversation:
    """What is known after the event."""
    said = body_of(event)
    match said:
        case None:
            return known
        case speech_pb2.TurnEnded():
            return _turn(known, said)
        case reply_pb2.ReplyStarted():
            return replace(known, items=(*known.items, Reply(said.reply_id, said.turn, said.kind)))
        case reply_pb2.ToolCalled():
            use = ToolUse(said.tool_call_id, said.name, said.arguments, said.reply_id)
            return replace(known, items=(*known.items, use))
        case reply_pb2.ToolReturned():
            return _returned(known, said)
        case reply_pb2.HangUpRequested():
            return replace(known, hang_up_after=said.after_reply_id)
        case call_pb2.CallEnded():
            return replace(known, ended=True)
        case _:
            reply_id = getattr(said, "reply_id", None)
            return known if reply_id is None else _change(known, reply_id, said)


def _turn(known: Conversation, said: speech_pb2.TurnEnded) -> Conversation:
    if any(isinstance(item, CallerTurn) and item.turn == said.turn for item in known.items):
        return known
    amid_speech = any(r.audible and r.unheard_ms > _NEARLY_HEARD_MS for r in known.active_replies)
    aside = amid_speech and is_backchannel(said.text)
    return replace(known, items=(*known.items, CallerTurn(said.turn, said.text, aside)))


def _returned(known: Conversation, said: reply_pb2.ToolReturned) -> Conversation:
    items = tuple(
        replace(item, result=said.result)
        if isinstance(item, ToolUse) and item.tool_call_id == said.tool_call_id
        else item
        for item in known.items
    )
    return replace(known, items=items)


def _change(known: Conversation, reply_id: str, said: Body) -> Conversation:
    items = tuple(
        reply.evolve(item, said) if isinstance(item, Reply) and item.reply_id == reply_id else item
        for item in known.items
    )
    return replace(known, items=items)
