"""The conversation in a session."""

from parley.agent_config import AgentConfig
from parley.events.envelope import Body
from parley.providers.realtime import AgentText, CalledTool, CallerText, Instruction, ToolOutput
from parley.v1.reply_pb2 import DtmfCollected, ReplyCancelled, ReplyFinished, ToolCalled, ToolReturned
from parley.v1.speech_pb2 import TurnEnded
from services.brain.conversation import Conversation
from services.brain.conversation_fold import evolve
from services.brain.generation.prompt import RUNNING
from services.brain.realtime.history import SessionHistory, session_start
from tests.event_factories import event, reply_events

_AGENT = AgentConfig(prompt="Be kind.", mode="realtime")


def _conversation(*bodies: Body, base: Conversation | None = None) -> Conversation:
    conversation = base or Conversation()
    for body in bodies:
        conversation = evolve(conversation, event(body))
    return conversation


def _dialogue(*bodies: Body, reason: str = "stop") -> Conversation:
    conversation = _conversation(TurnEnded(turn=1, text="book me"))
    for each in reply_events("r1", 1, "One moment. ", reason=reason):
        conversation = evolve(conversation, each)
    return _conversation(*bodies, base=conversation)


_CALLED = ToolCalled(tool_call_id="turn1-0123456789ab", name="book", arguments="{}", reply_id="r1", turn=1)


def test_a_session_starts_with_the_conversation_as_it_was_played() -> None:
    """The prompt, the turns, and calls with their results."""
    returned = ToolReturned(tool_call_id=_CALLED.tool_call_id, result='{"ok": true}')
    start = session_start(_AGENT, _dialogue(_CALLED, returned, reason="tool_calls"))
    assert start.instructions.startswith("Be kind.")
    assert start.items == (
        CallerText("book me"),
        AgentText("One moment."),
        CalledTool(_CALLED.tool_call_id, "book", "{}"),
        ToolOutput(_CALLED.tool_call_id, '{"ok": true}'),
    )


def test_an_interrupted_answer_is_continued() -> None:
    """The owner died in it; the caller did not interrupt."""
    start = session_start(_AGENT, _dialogue(reason="interrupted"))
    assert isinstance(start.items[-1], Instruction)
    assert "next word" in start.items[-1].text


def test_a_turn_without_words_is_left_to_its_audio() -> None:
    """It is sent again."""
    conversation = _conversation(TurnEnded(turn=1, transcript_pending=True))
    assert session_start(_AGENT, conversation).items == ()


def test_the_part_that_was_not_played_is_not_restored() -> None:
    """No position is history: nothing was played."""
    conversation = _dialogue(ReplyCancelled(reply_id="r1", reason="barge_in"))
    assert session_start(_AGENT, conversation).items == (CallerText("book me"),)


def test_a_result_belongs_to_the_call_of_the_session() -> None:
    """The provider's id, as long as the session has made the call itself."""
    called = ToolCalled(
        **{field.name: value for field, value in _CALLED.ListFields()}, extra='{"call_id": "c9"}'
    )
    before = _dialogue(reason="tool_calls")
    history = SessionHistory(before)
    waiting = _conversation(called, base=before)
    [running] = history.additions(waiting, {"c9"})
    assert running.item == ToolOutput("c9", RUNNING)
    assert history.additions(waiting, {"c9"}) == []
    done = _conversation(ToolReturned(tool_call_id=called.tool_call_id, result="{}"), base=waiting)
    [result] = history.additions(done, {"c9"})
    assert (result.item, result.key) == (ToolOutput("c9", "{}"), called.tool_call_id)


def test_a_call_of_an_earlier_session_is_added_with_its_result() -> None:
    """It got lost with that session."""
    before = _dialogue(reason="tool_calls")
    history = SessionHistory(before)
    added = history.additions(_conversation(_CALLED, base=before), set())
    assert [type(each.item).__name__ for each in added] == ["CalledTool", "ToolOutput"]


def test_keys_are_added_once() -> None:
    """As text, because the session does not hear them."""
    history = SessionHistory(Conversation())
    conversation = _conversation(DtmfCollected(digits="12", ended_by="timeout"))
    [keys] = history.additions(conversation, set())
    assert keys.item == CallerText("[keys pressed: 1 2]")
    assert history.additions(conversation, set()) == []
    assert SessionHistory(conversation).additions(conversation, set()) == []


def test_the_finish_of_a_reply_adds_nothing() -> None:
    """The session contains its own replies."""
    conversation = _dialogue(ReplyFinished(reply_id="r1"))
    assert SessionHistory(conversation).additions(conversation, set()) == []
