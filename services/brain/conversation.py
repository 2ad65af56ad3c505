"""What was said in a call, and how much of it was heard. A fold over the log; no I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import Body, event_body
from parley.v1 import call_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain import reply
from services.brain.policies.backchannels import is_backchannel
from services.brain.reply import Reply

_NEARLY_HEARD_MS = 1000
"""An "okay" this near the end of a question answers it; before that it only means "go on"."""


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """What the caller said."""

    turn: int
    text: str
    is_backchannel: bool = False
    """An "uh-huh" while the agent spoke: wants no answer."""


@dataclass(frozen=True, slots=True)
class DtmfInput:
    """Keys that the caller pressed, as one input."""

    turn: int
    """The spoken turn that they followed."""
    text: str


@dataclass(frozen=True, slots=True)
class PredictedTurn:
    """What the caller has said if the turn is over, which is not sure yet."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model called; `result` is None while it works."""

    tool_call_id: str
    name: str
    arguments: str
    reply_id: str
    result: str | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """The call as the brain knows it."""

    items: tuple[CallerTurn | DtmfInput | Reply | ToolCall, ...] = ()
    """In the order in which they began; an answer to a guess after the turn that proved it right."""
    predicted_turn: PredictedTurn | None = None
    pending_digits: str = ""
    """Pressed, and not entered yet."""
    ended: bool = False
    fallback_requested: bool = False
    """Twilio goes on with the call alone."""
    streams_lost: int = 0
    """How often the line was lost and another was to follow."""
    hang_up_after_reply_id: str = ""
    """The reply after which the line is closed, unless the caller speaks into it."""

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All replies."""
        return tuple(item for item in self.items if isinstance(item, Reply))

    @property
    def active_replies(self) -> tuple[Reply, ...]:
        """Those of which something may still be heard."""
        return tuple(item for item in self.replies if not (item.done or item.cancelled))

    @property
    def speculative_reply(self) -> Reply | None:
        """The answer that was begun on a guess and waits for the turn's end; it may be nothing but a tool."""
        return next((reply for reply in self.replies if reply.speculative and not reply.cancelled), None)

    @property
    def stale_replies(self) -> tuple[Reply, ...]:
        """What may still be heard although the caller has said something since."""
        last = max((n for n, item in enumerate(self.items) if self._needs_answer(item)), default=0)
        before = {item.reply_id for item in self.items[:last] if isinstance(item, Reply)}
        return tuple(r for r in self.active_replies if r.reply_id in before and not r.speculative)

    @property
    def hanging_up(self) -> bool:
        """Whether the line will be closed without anything more being said."""
        return bool(self.hang_up_after_reply_id) and not self.reply(self.hang_up_after_reply_id).cancelled

    @property
    def max_duration_warned(self) -> bool:
        """Whether the caller knows that the call must end soon."""
        return any(reply.kind == reply_pb2.REPLY_KIND_WARNING for reply in self.replies)

    @property
    def idle_prompts(self) -> int:
        """How often we have asked into the silence since the caller's last turn."""
        asked = 0
        for item in reversed(self.items):
            if isinstance(item, CallerTurn | DtmfInput):
                break
            asked += isinstance(item, Reply) and item.kind == reply_pb2.REPLY_KIND_IDLE_PROMPT
        return asked

    @property
    def pending_tool_calls(self) -> tuple[ToolCall, ...]:
        """Tools that were called and have not returned."""
        return tuple(item for item in self.items if isinstance(item, ToolCall) and item.result is None)

    @property
    def tool_call_ids(self) -> tuple[str, ...]:
        """Of all tools that were called."""
        return tuple(item.tool_call_id for item in self.items if isinstance(item, ToolCall))

    @property
    def pending_user_text(self) -> str:
        """What the caller wants answered; empty if a tool's result or a broken answer is what wants it."""
        said = [item for item in self.items if not (isinstance(item, Reply) and _is_non_answer(item))]
        last = said[-1] if said else None
        return last.text if isinstance(last, CallerTurn | DtmfInput) else ""

    @property
    def dtmf_unanswered(self) -> bool:
        """Whether the last that the caller did was to press keys."""
        said = [item for item in self.items if not (isinstance(item, Reply) and _is_non_answer(item))]
        return bool(said) and isinstance(said[-1], DtmfInput)

    @property
    def unanswered_turn(self) -> int | None:
        """The turn that wants an answer now: the caller's last, or one whose answer was left unfinished."""
        if self.pending_tool_calls:
            return None
        for item in reversed(self.items):
            match item:
                case CallerTurn(is_backchannel=True):
                    continue
                case CallerTurn(turn=turn) | DtmfInput(turn=turn):
                    return turn
                case ToolCall(name="end_call"):
                    return None
                case ToolCall(reply_id=reply_id):
                    return self.reply(reply_id).turn
                case Reply() if _is_non_answer(item):
                    continue
                case Reply(finished="interrupted" | "tool_calls", cancelled=""):
                    # A tool that was called comes later than its reply: whoever wanted this one died first.
                    return item.turn
                case Reply():
                    return None
        return None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is being answered, guessed or done: all that is to be said now is known."""
        busy = (
            self.predicted_turn is not None
            or self.unanswered_turn is not None
            or bool(self.pending_tool_calls)
        )
        return not busy and all(reply.finished for reply in self.active_replies)

    def reply(self, reply_id: str) -> Reply:
        """A reply by its name; an empty one if there is none."""
        found = (item for item in self.items if isinstance(item, Reply) and item.reply_id == reply_id)
        return next(found, Reply(reply_id, 0))

    def turn_of(self, reply: Reply) -> int:
        """The turn that a reply answers or, said unasked, comes after."""
        before = self.items[: self.items.index(reply)]
        return max([reply.turn, *(item.turn for item in before if isinstance(item, CallerTurn))])

    def turn(self, number: int) -> CallerTurn | None:
        """A finished turn by its number."""
        turns = (item for item in self.items if isinstance(item, CallerTurn))
        return next((turn for turn in turns if turn.turn == number), None)

    def with_predicted_turn(self) -> "Conversation":
        """The call as it will be if the guess is right."""
        if self.predicted_turn is None:
            return self
        return replace(
            self, items=(*self.items, CallerTurn(self.predicted_turn.turn, self.predicted_turn.text))
        )

    @staticmethod
    def _needs_answer(item: "CallerTurn | DtmfInput | Reply | ToolCall") -> bool:
        return isinstance(item, DtmfInput) or (isinstance(item, CallerTurn) and not item.is_backchannel)


def _is_non_answer(said: Reply) -> bool:
    """Whether it answers nothing: made on a guess, or a filler."""
    return said.cancelled == "speculation" or said.speculative or said.kind == reply_pb2.REPLY_KIND_FILLER


def evolve(conversation: Conversation, event: Event) -> Conversation:
    """What is known after the event."""
    match event_body(event):
        case speech_pb2.EagerEndOfTurn(turn=turn, text=text):
            # Of a turn that has ended a successor of stt may tell again, which its log did not hold yet.
            return (
                conversation
                if conversation.turn(turn) is not None
                else replace(conversation, predicted_turn=PredictedTurn(turn, text))
            )
        case speech_pb2.TurnResumed():
            return replace(conversation, predicted_turn=None)
        case speech_pb2.TurnEnded() as said:
            return _turn(replace(conversation, predicted_turn=None), said)
        case call_pb2.DtmfPressed(digit=digit):
            return replace(conversation, pending_digits=conversation.pending_digits + digit)
        case call_pb2.StreamResuming():
            return replace(conversation, streams_lost=conversation.streams_lost + 1)
        case call_pb2.CallEnded():
            return replace(conversation, ended=True)
        case None:
            return conversation
        case said:
            return _evolve_own_event(conversation, said)


def _evolve_own_event(known: Conversation, said: Body) -> Conversation:
    match said:
        case reply_pb2.DtmfCollected():
            return _keys(known, said)
        case reply_pb2.ReplyStarted():
            return _started(known, said)
        case reply_pb2.ReplyReleased():
            return _released(known, said)
        case reply_pb2.ToolCalled():
            use = ToolCall(said.tool_call_id, said.name, said.arguments, said.reply_id)
            return replace(known, items=(*known.items, use))
        case reply_pb2.ToolReturned():
            return _returned(known, said)
        case reply_pb2.FallbackRequested():
            return replace(known, fallback_requested=True)
        case reply_pb2.HangUpRequested():
            return replace(known, hang_up_after_reply_id=said.after_reply_id)
        case _:
            reply_id = getattr(said, "reply_id", None)
            return known if reply_id is None else _evolve_reply(known, reply_id, said)


def _turn(known: Conversation, said: speech_pb2.TurnEnded) -> Conversation:
    if known.turn(said.turn) is not None:
        return known
    amid_speech = any(r.audible and r.remaining_ms > _NEARLY_HEARD_MS for r in known.active_replies)
    aside = amid_speech and is_backchannel(said.text)
    return replace(known, items=(*known.items, CallerTurn(said.turn, said.text, aside)))


def _keys(known: Conversation, said: reply_pb2.DtmfCollected) -> Conversation:
    turn = max((item.turn for item in known.items if isinstance(item, CallerTurn)), default=0)
    pressed = DtmfInput(turn, f"[keys pressed: {' '.join(said.digits) or 'none'}]")
    return replace(known, pending_digits="", items=(*known.items, pressed))


def _started(known: Conversation, said: reply_pb2.ReplyStarted) -> Conversation:
    begun = Reply(
        said.reply_id, said.turn, said.kind, predicted_text=said.predicted_text, speculative=said.speculative
    )
    return replace(known, items=(*known.items, begun))


def _released(known: Conversation, said: reply_pb2.ReplyReleased) -> Conversation:
    released = replace(known.reply(said.reply_id), speculative=False)
    others = (i for i in known.items if not (isinstance(i, Reply) and i.reply_id == said.reply_id))
    return replace(known, items=(*others, released))


def _returned(known: Conversation, said: reply_pb2.ToolReturned) -> Conversation:
    items = tuple(
        replace(item, result=said.result)
        if isinstance(item, ToolCall) and item.tool_call_id == said.tool_call_id
        else item
        for item in known.items
    )
    return replace(known, items=items)


def _evolve_reply(known: Conversation, reply_id: str, said: Body) -> Conversation:
    items = tuple(
        reply.evolve(item, said) if isinstance(item, Reply) and item.reply_id == reply_id else item
        for item in known.items
    )
    return replace(known, items=items)
