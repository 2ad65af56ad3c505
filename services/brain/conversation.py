"""The dialogue of one call, folded from its event log: turns, replies and tool calls. No I/O, no clock."""

from dataclasses import dataclass, replace

from parley.events.envelope import Body, event_body
from parley.v1 import call_pb2, reply_pb2, speech_pb2
from parley.v1.event_pb2 import Event
from services.brain import reply
from services.brain.backchannels import is_backchannel
from services.brain.reply import Reply
from services.brain.tool_call import END_CALL_NAME, ToolCall, tool_call_of

_NEARLY_PLAYED_MS = 1000
"""An "okay" with at most this much audio left counts as an answer; earlier it only means "continue"."""


@dataclass(frozen=True, slots=True)
class CallerTurn:
    """A finished turn of the caller with its transcript."""

    turn: int
    text: str
    is_backchannel: bool = False
    """An "uh-huh" while the agent was speaking; it needs no answer."""


@dataclass(frozen=True, slots=True)
class DtmfInput:
    """A sequence of keys that the caller pressed, submitted as one input."""

    turn: int
    """The spoken turn that the input followed."""
    text: str


@dataclass(frozen=True, slots=True)
class PredictedTurn:
    """A turn that has probably ended, with its transcript at that moment."""

    turn: int
    text: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """The dialogue of one call, with the queries that the policies need."""

    items: tuple[CallerTurn | DtmfInput | Reply | ToolCall, ...] = ()
    """In order of their start; a released speculative reply follows the turn that confirmed it."""
    predicted_turn: PredictedTurn | None = None
    pending_digits: str = ""
    """Keys that were pressed but not submitted yet."""
    ended: bool = False
    fallback_requested: bool = False
    """Whether Twilio continues the call without Parley."""
    streams_lost: int = 0
    """Number of times the media stream was lost and a new one requested."""
    hang_up_after_reply_id: str = ""
    """The call ends after this reply, unless the caller interrupts it."""

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All replies."""
        return tuple(item for item in self.items if isinstance(item, Reply))

    @property
    def active_replies(self) -> tuple[Reply, ...]:
        """Replies that may still be played."""
        return tuple(item for item in self.replies if not (item.done or item.cancelled))

    @property
    def speculative_reply(self) -> Reply | None:
        """The unreleased answer to the predicted turn; it may consist only of a tool call."""
        return next((reply for reply in self.replies if reply.speculative and not reply.cancelled), None)

    @property
    def stale_replies(self) -> tuple[Reply, ...]:
        """Replies that may still be played even though the caller has finished a turn since they started."""
        last = max((n for n, item in enumerate(self.items) if self._needs_answer(item)), default=0)
        before = {item.reply_id for item in self.items[:last] if isinstance(item, Reply)}
        return tuple(r for r in self.active_replies if r.reply_id in before and not r.speculative)

    @property
    def hanging_up(self) -> bool:
        """Whether the call ends after the current reply."""
        return bool(self.hang_up_after_reply_id) and not self.reply(self.hang_up_after_reply_id).cancelled

    @property
    def max_duration_warned(self) -> bool:
        """Whether the caller was warned that the call must end soon."""
        return any(reply.kind == reply_pb2.REPLY_KIND_WARNING for reply in self.replies)

    @property
    def idle_prompts(self) -> int:
        """Number of idle prompts since the caller's last turn or input."""
        count = 0
        for item in reversed(self.items):
            if isinstance(item, CallerTurn | DtmfInput):
                break
            count += isinstance(item, Reply) and item.kind == reply_pb2.REPLY_KIND_IDLE_PROMPT
        return count

    @property
    def pending_tool_calls(self) -> tuple[ToolCall, ...]:
        """Tool calls without a result."""
        return tuple(item for item in self.items if isinstance(item, ToolCall) and item.result is None)

    @property
    def tool_call_ids(self) -> tuple[str, ...]:
        """Ids of all tool calls."""
        return tuple(item.tool_call_id for item in self.items if isinstance(item, ToolCall))

    @property
    def pending_user_text(self) -> str:
        """The caller's input that needs an answer; empty if a tool result or unfinished answer needs one."""
        last = self._last_relevant_item
        return last.text if isinstance(last, CallerTurn | DtmfInput) else ""

    @property
    def dtmf_unanswered(self) -> bool:
        """Whether the last input is an unanswered DTMF input."""
        return isinstance(self._last_relevant_item, DtmfInput)

    @property
    def _last_relevant_item(self) -> CallerTurn | DtmfInput | Reply | ToolCall | None:
        relevant = (i for i in reversed(self.items) if not (isinstance(i, Reply) and _is_non_answer(i)))
        return next(relevant, None)

    @property
    def unanswered_turn(self) -> int | None:
        """The turn that needs an answer now: the caller's last, or the turn of an unfinished answer."""
        if self.pending_tool_calls:
            return None
        for item in reversed(self.items):
            match item:
                case CallerTurn(is_backchannel=True):
                    continue
                case CallerTurn(turn=turn) | DtmfInput(turn=turn):
                    return turn
                case ToolCall(reply_id=reply_id):
                    return None if self._ends_call(reply_id) else self.reply(reply_id).turn
                case Reply() if _is_non_answer(item):
                    continue
                case Reply(finished="interrupted" | "tool_calls", cancelled=""):
                    # Tool calls are appended after their reply: if one is missing, the owner died first.
                    return item.turn
                case Reply():
                    return None
        return None

    def _ends_call(self, reply_id: str) -> bool:
        """Whether the reply is a goodbye, after which the call ends or the caller's next turn follows."""
        interrupted = self.reply(reply_id).cancelled == "barge_in"
        is_goodbye = any(call.name == END_CALL_NAME for call in self.tool_calls_of(reply_id))
        return self.hang_up_after_reply_id == reply_id or (interrupted and is_goodbye)

    def tool_calls_of(self, reply_id: str) -> tuple[ToolCall, ...]:
        """Tool calls of one reply."""
        calls = (item for item in self.items if isinstance(item, ToolCall))
        return tuple(call for call in calls if call.reply_id == reply_id)

    @property
    def inputs(self) -> int:
        """Number of turns and other inputs of the caller that need an answer."""
        return sum(self._needs_answer(item) for item in self.items)

    @property
    def is_idle(self) -> bool:
        """Whether no answer, speculation or tool call is in progress."""
        needs_answer = self.predicted_turn is not None or self.unanswered_turn is not None
        busy = needs_answer or bool(self.pending_tool_calls)
        return not busy and all(reply.finished for reply in self.active_replies)

    def reply(self, reply_id: str) -> Reply:
        """Return the reply with this id; an empty one if it does not exist."""
        found = (item for item in self.items if isinstance(item, Reply) and item.reply_id == reply_id)
        return next(found, Reply(reply_id, 0))

    def turn_of(self, reply: Reply) -> int:
        """Return the turn that the reply answers; for a prompt, the last turn before it."""
        before = self.items[: self.items.index(reply)]
        return max([reply.turn, *(item.turn for item in before if isinstance(item, CallerTurn))])

    def turn(self, number: int) -> CallerTurn | None:
        """Return the finished turn with this number."""
        turns = (item for item in self.items if isinstance(item, CallerTurn))
        return next((turn for turn in turns if turn.turn == number), None)

    def with_predicted_turn(self) -> "Conversation":
        """Return the conversation as it will be if the prediction is correct."""
        if self.predicted_turn is None:
            return self
        predicted = CallerTurn(self.predicted_turn.turn, self.predicted_turn.text)
        return replace(self, items=(*self.items, predicted))

    @staticmethod
    def _needs_answer(item: "CallerTurn | DtmfInput | Reply | ToolCall") -> bool:
        return isinstance(item, DtmfInput) or (isinstance(item, CallerTurn) and not item.is_backchannel)


def _is_non_answer(reply: Reply) -> bool:
    """Whether the reply does not count as an answer: a filler, or an unreleased speculative reply."""
    speculative = reply.cancelled == "speculation" or reply.speculative
    return speculative or reply.kind == reply_pb2.REPLY_KIND_FILLER


def evolve(conversation: Conversation, event: Event) -> Conversation:
    """Return the conversation after the event."""
    match event_body(event):
        case speech_pb2.EagerEndOfTurn(turn=turn, text=text):
            # The next stt owner may predict the end of a turn again if the end was not in the log that it
            # read.
            if conversation.turn(turn) is not None:
                return conversation
            return replace(conversation, predicted_turn=PredictedTurn(turn, text))
        case speech_pb2.TurnResumed():
            return replace(conversation, predicted_turn=None)
        case speech_pb2.TurnEnded() as body:
            return _evolve_turn(replace(conversation, predicted_turn=None), body)
        case call_pb2.DtmfPressed(digit=digit):
            return replace(conversation, pending_digits=conversation.pending_digits + digit)
        case call_pb2.StreamResuming():
            return replace(conversation, streams_lost=conversation.streams_lost + 1)
        case call_pb2.CallEnded():
            return replace(conversation, ended=True)
        case None:
            return conversation
        case body:
            return _evolve_own_event(conversation, body)


def _evolve_own_event(conversation: Conversation, body: Body) -> Conversation:
    match body:
        case reply_pb2.DtmfCollected():
            return _evolve_dtmf(conversation, body)
        case reply_pb2.ReplyStarted():
            return _start_reply(conversation, body)
        case reply_pb2.ReplyReleased():
            return _release_reply(conversation, body)
        case reply_pb2.ToolCalled():
            return replace(conversation, items=(*conversation.items, tool_call_of(body)))
        case reply_pb2.ToolReturned():
            return _finish_tool_call(conversation, body)
        case reply_pb2.FallbackRequested():
            return replace(conversation, fallback_requested=True)
        case reply_pb2.HangUpRequested():
            return replace(conversation, hang_up_after_reply_id=body.after_reply_id)
        case _:
            reply_id = getattr(body, "reply_id", None)
            return conversation if reply_id is None else _evolve_reply(conversation, reply_id, body)


def _evolve_turn(conversation: Conversation, body: speech_pb2.TurnEnded) -> Conversation:
    if conversation.turn(body.turn) is not None:
        return conversation
    during_reply = any(r.audible and r.remaining_ms > _NEARLY_PLAYED_MS for r in conversation.active_replies)
    turn = CallerTurn(body.turn, body.text, during_reply and is_backchannel(body.text))
    return replace(conversation, items=(*conversation.items, turn))


def _evolve_dtmf(conversation: Conversation, body: reply_pb2.DtmfCollected) -> Conversation:
    turn = max((item.turn for item in conversation.items if isinstance(item, CallerTurn)), default=0)
    pressed = DtmfInput(turn, f"[keys pressed: {' '.join(body.digits) or 'none'}]")
    return replace(conversation, pending_digits="", items=(*conversation.items, pressed))


def _start_reply(conversation: Conversation, body: reply_pb2.ReplyStarted) -> Conversation:
    started = Reply(
        body.reply_id,
        body.turn,
        body.kind,
        predicted_text=body.predicted_text,
        speculative=body.speculative,
    )
    return replace(conversation, items=(*conversation.items, started))


def _release_reply(conversation: Conversation, body: reply_pb2.ReplyReleased) -> Conversation:
    released = replace(conversation.reply(body.reply_id), speculative=False)
    others = (i for i in conversation.items if not (isinstance(i, Reply) and i.reply_id == body.reply_id))
    return replace(conversation, items=(*others, released))


def _finish_tool_call(conversation: Conversation, body: reply_pb2.ToolReturned) -> Conversation:
    items = tuple(
        replace(item, result=body.result, failed=body.failed)
        if isinstance(item, ToolCall) and item.tool_call_id == body.tool_call_id
        else item
        for item in conversation.items
    )
    return replace(conversation, items=items)


def _evolve_reply(conversation: Conversation, reply_id: str, body: Body) -> Conversation:
    items = tuple(
        reply.evolve(item, body) if isinstance(item, Reply) and item.reply_id == reply_id else item
        for item in conversation.items
    )
    return replace(conversation, items=items)
