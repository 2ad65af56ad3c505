"""After the tool `wait` the agent is silent until the caller speaks."""

from parley.events.envelope import Body
from parley.v1.reply_pb2 import (
    REPLY_KIND_IDLE_PROMPT,
    ReplyFinished,
    ReplyStarted,
    ToolCalled,
    ToolReturned,
)
from parley.v1.speech_pb2 import TurnEnded
from services.brain import conversation_fold
from services.brain.conversation import Conversation
from services.brain.tools.wait import WAIT
from tests.event_factories import event
from tests.unit.brain.tools.telephone_context import call_with

WAITS: tuple[Body, ...] = (
    TurnEnded(turn=1, text="i have to find my card"),
    ReplyStarted(reply_id="r1", turn=1),
    ReplyFinished(reply_id="r1", reason="tool_calls"),
    ToolCalled(tool_call_id="t1", name="wait", arguments="{}", reply_id="r1", turn=1),
)


def folded(*bodies: Body) -> Conversation:
    """The conversation after these events."""
    conversation = Conversation()
    for body in bodies:
        conversation = conversation_fold.evolve(conversation, event(body))
    return conversation


async def test_the_result_is_not_answered_and_the_idle_prompt_is_late() -> None:
    """The next turn is answered as usual, and an idle prompt ends the wait."""
    waiting = folded(*WAITS, ToolReturned(tool_call_id="t1", result=await WAIT.run(call_with("{}"))))
    spoken = folded(
        *WAITS, ToolReturned(tool_call_id="t1", result='{"ok": true}'), TurnEnded(turn=2, text="here")
    )
    prompted = conversation_fold.evolve(
        waiting, event(ReplyStarted(reply_id="r2", kind=REPLY_KIND_IDLE_PROMPT))
    )

    assert (waiting.unanswered_turn, waiting.on_hold) == (None, True)
    assert (spoken.unanswered_turn, spoken.on_hold) == (2, False)
    assert not prompted.on_hold


def test_the_result_of_another_tool_of_the_answer_is_answered() -> None:
    """The agent must not stay silent about it."""
    both = folded(
        *WAITS,
        ToolCalled(tool_call_id="t2", name="lookup", arguments="{}", reply_id="r1", turn=1),
        ToolReturned(tool_call_id="t1", result='{"ok": true}'),
        ToolReturned(tool_call_id="t2", result="{}"),
    )

    assert (both.unanswered_turn, both.on_hold) == (1, False)


def test_a_refused_wait_is_answered() -> None:
    """The model decides again."""
    refused = folded(*WAITS, ToolReturned(tool_call_id="t1", result='{"error": "x"}', failed=True))

    assert refused.unanswered_turn == 1
