"""The model's thoughts become events."""

from parley.errors import ProviderTimeout
from parley.events.envelope import event_name
from parley.providers.llm import Done, TextDelta, ToolCallRequest
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyClause
from services.brain.generation.reply_builder import APOLOGY, GOODBYE, ReplyBuilder


def test_clauses_are_said_as_they_become_whole() -> None:
    """Not when the model is done."""
    draft = ReplyBuilder("r1", 1)
    draft.start(REPLY_KIND_ANSWER)

    assert draft.on_chunk(TextDelta("Sure")) == []
    assert draft.on_chunk(TextDelta(". I")) == [ReplyClause(reply_id="r1", clause=0, text="Sure. ")]
    assert [event_name(body) for body in draft.on_chunk(Done("stop"))] == ["reply_clause", "reply_finished"]


def test_tools_are_called_after_the_text_under_our_own_ids() -> None:
    """A model's ids need not be unique within a call."""
    draft = ReplyBuilder("r7", 3)
    draft.on_chunk(ToolCallRequest("call_1", "a", "{}"))
    draft.on_chunk(ToolCallRequest("call_1", "b", "{}"))

    finished, *calls = draft.on_chunk(Done("tool_calls"))
    assert finished.clauses == 0
    assert len({call.tool_call_id for call in calls}) == 2


def ids(draft: ReplyBuilder, *wanted: ToolCallRequest) -> list[str]:
    """Under which the draft has these tools called."""
    for tool in wanted:
        draft.on_chunk(tool)
    _, *calls = draft.on_chunk(Done("tool_calls"))
    return [call.tool_call_id for call in calls]


def test_who_answers_a_turn_again_calls_a_tool_by_the_same_id() -> None:
    """A successor that knows nothing of the first answer: the tool's service does the work once."""
    friday = ToolCallRequest("call_1", "book", '{"day": "friday", "at": 9}')
    again = ToolCallRequest("call_9", "book", '{"at": 9, "day": "friday"}')

    first = ids(ReplyBuilder("r7", 3), friday)
    assert ids(ReplyBuilder("r9", 3), again) == first
    assert ids(ReplyBuilder("r9", 4), again) != first
    assert ids(ReplyBuilder("r9", 3), ToolCallRequest("call_9", "book", '{"day": "monday"}')) != first
    assert ids(ReplyBuilder("r9", 3), ToolCallRequest("call_9", "cancel", friday.arguments)) != first


def test_a_tool_that_is_wanted_once_more_has_another_id() -> None:
    """In one answer, or in two of one turn: that is meant."""
    look = ToolCallRequest("x", "look", "no JSON")
    first, second = ids(ReplyBuilder("r1", 1), look, look)

    assert first != second
    assert ids(ReplyBuilder("r2", 1, used=[first]), look) == [second]


def test_nobody_is_hung_up_on_without_a_word() -> None:
    """A silent end_call still says goodbye."""
    draft = ReplyBuilder("r1", 1, frozenset({"end_call"}))
    draft.on_chunk(ToolCallRequest("x", "end_call", "{}"))

    assert draft.on_chunk(Done("tool_calls"))[0].text == GOODBYE


def test_a_model_that_fails_before_a_word_is_apologised_for() -> None:
    """No dead air."""
    draft = ReplyBuilder("r1", 1)

    texts = [
        body.text for body in draft.fail(ProviderTimeout("openai", "late")) if isinstance(body, ReplyClause)
    ]
    assert texts == [APOLOGY]


def test_a_model_that_fails_in_mid_answer_leaves_what_it_said() -> None:
    """And the reply is finished, so that nobody waits for more."""
    draft = ReplyBuilder("r1", 1)
    draft.on_chunk(TextDelta("We open at nine. And "))

    *texts, finished = draft.fail(ProviderTimeout("openai", "late"))
    assert [body.text for body in texts] == ["And "]
    assert (finished.clauses, finished.reason) == (2, "error")
