"""The dialogue of one call, with the queries that the policies need. No I/O, no clock."""

from dataclasses import dataclass, field, replace

from parley.v1 import reply_pb2
from services.brain.collected import CollectedData
from services.brain.current_agent import CurrentAgent
from services.brain.items import CallerTurn, DtmfInput, Item, PredictedTurn, needs_answer
from services.brain.phrases.phrase_choice import PhraseChoice
from services.brain.phrases.phrase_lists import Phrases
from services.brain.reply import Reply
from services.brain.tool_call import END_CALL_NAME, WAIT_NAME, ToolCall
from services.brain.totals import Totals
from services.brain.window import Earlier


@dataclass(frozen=True, slots=True)
class Conversation:
    """The dialogue of one call, with the queries that the policies need."""

    items: tuple[Item, ...] = ()
    """The recent part, in order of start; a released speculative reply follows the turn that confirmed it."""
    settled: int = 0
    """Number of items at the beginning that no later event changes; the caller's last input follows them."""
    settled_characters: int = 0
    """Length of the settled items in a prompt."""
    settled_inputs: int = 0
    """Number of the caller's inputs among the settled items."""
    characters: int = 0
    """Length of `items` in a prompt, up to the caller's last input."""
    inputs: int = 0
    """Number of the caller's inputs in `items`."""
    earlier: Earlier = field(default_factory=Earlier)
    """Represents the items before `items`."""
    totals: Totals = field(default_factory=Totals)
    agent: CurrentAgent = field(default_factory=CurrentAgent)
    """The agent that serves the call at present."""
    data: CollectedData = field(default_factory=CollectedData)
    """The data that the agents have collected from the caller."""
    phrase_choice: PhraseChoice = field(default_factory=PhraseChoice)
    predicted_turn: PredictedTurn | None = None
    pending_digits: str = ""
    """Keys that were pressed but not submitted yet."""
    ended: bool = False
    fallback_requested: bool = False
    """Whether Twilio continues the call without Parley."""
    streams_lost: int = 0
    """Number of times the media stream was lost and a new one requested."""
    away: bool = False
    """Whether the media stream was ended on purpose, for a transfer or for keys."""
    hang_up_after_reply_id: str = ""
    """The call ends after this reply, unless the caller interrupts it."""
    started_at_us: int = 0
    """Wall clock of the first event, at which call time starts."""

    @property
    def phrases(self) -> Phrases:
        """The phrases by which backchannels and requests to wait are recognized."""
        return self.phrase_choice.phrases

    @property
    def replies(self) -> tuple[Reply, ...]:
        """All replies in the recent part."""
        return tuple(item for item in self.items if isinstance(item, Reply))

    @property
    def open_items(self) -> tuple[Item, ...]:
        """The items that may still change, and everything since the caller's last input."""
        return self.items[self.settled :]

    @property
    def _open_replies(self) -> tuple[Reply, ...]:
        return tuple(item for item in self.open_items if isinstance(item, Reply))

    @property
    def active_replies(self) -> tuple[Reply, ...]:
        """Replies that may still be played."""
        return tuple(item for item in self._open_replies if not (item.done or item.cancelled))

    @property
    def speculative_reply(self) -> Reply | None:
        """The unreleased answer to the predicted turn; it may consist only of a tool call."""
        return next((r for r in self._open_replies if r.speculative and not r.cancelled), None)

    @property
    def stale_replies(self) -> tuple[Reply, ...]:
        """Replies that may still be played even though the caller has finished a turn since they started."""
        items = self.open_items
        last = max((n for n, item in enumerate(items) if needs_answer(item)), default=0)
        before = {item.reply_id for item in items[:last] if isinstance(item, Reply)}
        return tuple(r for r in self.active_replies if r.reply_id in before and not r.speculative)

    @property
    def hanging_up(self) -> bool:
        """Whether the call ends after the current reply."""
        return bool(self.hang_up_after_reply_id) and not self.reply(self.hang_up_after_reply_id).cancelled

    @property
    def idle_prompts(self) -> int:
        """Number of idle prompts since the caller's last turn or input."""
        count = 0
        for item in reversed(self.open_items):
            if isinstance(item, CallerTurn | DtmfInput):
                break
            count += isinstance(item, Reply) and item.kind == reply_pb2.REPLY_KIND_IDLE_PROMPT
        return count

    @property
    def pending_tool_calls(self) -> tuple[ToolCall, ...]:
        """Tool calls without a result."""
        return tuple(item for item in self.open_items if isinstance(item, ToolCall) and item.result is None)

    def tool_call(self, tool_call_id: str) -> ToolCall | None:
        """Return the tool call with this id, if it is in the recent part."""
        calls = (item for item in reversed(self.items) if isinstance(item, ToolCall))
        return next((call for call in calls if call.tool_call_id == tool_call_id), None)

    @property
    def tool_call_ids(self) -> tuple[str, ...]:
        """Ids of the tool calls in the recent part, which includes those since the caller's last input."""
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
    def _last_relevant_item(self) -> Item | None:
        return next((item for item in reversed(self.open_items) if _is_relevant(item)), None)

    @property
    def unanswered_turn(self) -> int | None:
        """The turn that needs an answer now: the caller's last, or the turn of an unfinished answer."""
        match self._unanswered_item:
            case None:
                return None
            case ToolCall(turn=turn, reply_id=reply_id):
                return turn or self.reply(reply_id).turn
            case item:
                return item.turn

    @property
    def unanswered_result(self) -> ToolCall | None:
        """The tool call whose result the next answer continues with; None if it answers something else."""
        item = self._unanswered_item
        return item if isinstance(item, ToolCall) else None

    @property
    def continues_answer(self) -> bool:
        """Whether the next answer continues one: with the result of a tool, or after it broke off."""
        return isinstance(self._unanswered_item, ToolCall | Reply)

    @property
    def is_broken_off(self) -> bool:
        """Whether the next answer continues one that broke off, and not the caller's words after it."""
        item = self._unanswered_item
        return isinstance(item, Reply) and item.finished == "interrupted"

    @property
    def _unanswered_item(self) -> Item | None:
        for item in reversed(self.open_items):
            if (needs_answer_now := self._needs_answer_now(item)) is not None:
                return item if needs_answer_now else None
        return None

    def _needs_answer_now(self, item: Item) -> bool | None:
        """Whether an item needs an answer if no later item does; None to decide by the item before it."""
        match item:
            case CallerTurn():
                return None if self._needs_none_yet(item) else item.role != "hold"
            case DtmfInput():
                return True
            case ToolCall(result=None):
                return None
            case ToolCall():
                return not self._needs_no_answer(item)
            case Reply() if item.is_non_answer:
                return None
            case Reply(finished="tool_calls", cancelled=""):
                # Tool calls are appended after their reply: if one is missing, the owner died first.
                return not self.tool_calls_of(item.reply_id)
            case Reply():
                return item.finished == "interrupted" and not item.cancelled

    def _needs_no_answer(self, call: ToolCall) -> bool:
        """Whether a tool's result is not answered: the call ends, or the caller asked the agent to wait."""
        ending = any(
            other.result is None and other.name == END_CALL_NAME
            for other in self.tool_calls_of(call.reply_id)
        )
        return ending or self._ends_call(call.reply_id) or self.on_hold

    def has_result_after(self, reply: Reply) -> bool:
        """Whether a tool has returned since the reply started."""
        for item in reversed(self.open_items):
            if isinstance(item, Reply) and item.reply_id == reply.reply_id:
                return False
            if isinstance(item, ToolCall) and item.result is not None:
                return True
        return False

    def _needs_none_yet(self, turn: CallerTurn) -> bool:
        """Whether the turn needs no answer before the agent has finished; a backchannel never needs one."""
        if turn.role != "early_answer":
            return turn.role == "backchannel"
        question = self.reply(turn.reply_id)
        return not (question.done or question.cancelled)

    @property
    def on_hold(self) -> bool:
        """Whether the caller's last words request a pause, or the agent waits; not after an idle prompt."""
        for item in reversed(self.open_items):
            match item:
                case CallerTurn(role=role):
                    return role == "hold"
                case DtmfInput() | Reply(kind=reply_pb2.REPLY_KIND_IDLE_PROMPT):
                    return False
                case ToolCall(name=name, reply_id=reply_id) if name == WAIT_NAME:
                    return self._only_waits(reply_id)
                case _:
                    continue
        return False

    @property
    def must_finish(self) -> bool:
        """Whether a reply is active that the caller's speech does not stop."""
        return any(reply.uninterruptible for reply in self.active_replies)

    def _ends_call(self, reply_id: str) -> bool:
        """Whether the reply is a goodbye, after which the call ends or the caller's next turn follows."""
        interrupted = self.reply(reply_id).cancelled == "barge_in"
        is_goodbye = any(call.name == END_CALL_NAME for call in self.tool_calls_of(reply_id))
        return self.hang_up_after_reply_id == reply_id or (interrupted and is_goodbye)

    def _only_waits(self, reply_id: str) -> bool:
        """Whether all tools of the reply keep the agent silent."""
        return all(call.name == WAIT_NAME and call.succeeded for call in self.tool_calls_of(reply_id))

    def tool_calls_of(self, reply_id: str) -> tuple[ToolCall, ...]:
        """Tool calls of one reply."""
        calls = (item for item in self.items if isinstance(item, ToolCall))
        return tuple(call for call in calls if call.reply_id == reply_id)

    @property
    def is_idle(self) -> bool:
        """Whether no answer, speculation or tool call is in progress."""
        needs_answer = self.predicted_turn is not None or self.unanswered_turn is not None
        busy = needs_answer or bool(self.pending_tool_calls)
        return not busy and all(reply.finished for reply in self.active_replies)

    def reply(self, reply_id: str) -> Reply:
        """Return the reply with this id; an empty one if it does not exist or has left `items`."""
        replies = (item for item in reversed(self.items) if isinstance(item, Reply))
        return next((item for item in replies if item.reply_id == reply_id), Reply(reply_id, 0))

    def turn_of(self, reply: Reply) -> int:
        """Return the turn that the reply answers; for a prompt, the last turn before it."""
        items = reversed(self.items)
        while next(items, reply) != reply:
            pass
        before = next((item.turn for item in items if isinstance(item, CallerTurn)), self.earlier.last_turn)
        return max(reply.turn, before)

    def turn(self, number: int) -> CallerTurn | None:
        """Return the finished turn with this number, if it is in the recent part."""
        turns = (item for item in reversed(self.items) if isinstance(item, CallerTurn))
        return next((turn for turn in turns if turn.turn == number), None)

    def turn_before(self, number: int) -> CallerTurn | None:
        """Return the last finished turn before this one, if it is in the recent part."""
        turns = (item for item in reversed(self.items) if isinstance(item, CallerTurn))
        return next((turn for turn in turns if turn.turn < number), None)

    def has_ended(self, number: int) -> bool:
        """Whether the turn with this number has finished."""
        if number <= self.earlier.last_turn:
            return True
        return number <= self.totals.last_turn and self.turn(number) is not None

    def with_predicted_turn(self) -> "Conversation":
        """Return the conversation as it will be if the prediction is correct."""
        if self.predicted_turn is None:
            return self
        predicted = CallerTurn(self.predicted_turn.turn, self.predicted_turn.text)
        totals = replace(self.totals, inputs=self.totals.inputs + 1)
        return replace(self, items=(*self.items, predicted), totals=totals)


def _is_relevant(item: Item) -> bool:
    """Whether the item may be what the next answer answers."""
    if isinstance(item, ToolCall):
        return item.result is not None
    return not (isinstance(item, Reply) and item.is_non_answer)
