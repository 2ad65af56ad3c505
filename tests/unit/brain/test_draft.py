"""The model's thoughts become events."""

from parley.envelope import name_of
from parley.errors import VendorLate
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER, ReplyText
from services.brain.draft import APOLOGY, GOODBYE, Draft
from services.brain.vendors import Finished, Token, ToolRequest


def test_clauses_are_said_as_they_become_whole() -> None:
    """Not when the model is done."""
    draft = Draft("r1", 1)
    draft.start(REPLY_KIND_ANSWER)

    assert draft.take(Token("Sure")) == []
    assert draft.take(Token(". I")) == [ReplyText(reply_id="r1", clause=0, text="Sure. ")]
    assert [name_of(body) for body in draft.take(Finished("stop"))] == ["reply_text", "reply_finished"]


def test_tools_are_called_after_the_text_under_our_own_ids() -> None:
    """A model's ids need not be unique within a call."""
    draft = Draft("r7", 3)
    draft.take(ToolRequest("call_1", "a", "{}"))
    draft.take(ToolRequest("call_1", "b", "{}"))

    finished, *calls = draft.take(Finished("tool_calls"))
    assert finished.clauses == 0
    assert [call.tool_call_id for call in calls] == ["r7-t1", "r7-t2"]


def test_nobody_is_hung_up_on_without_a_word() -> None:
    """A silent end_call still says goodbye."""
    draft = Draft("r1", 1, frozenset({"end_call"}))
    draft.take(ToolRequest("x", "end_call", "{}"))

    assert draft.take(Finished("tool_calls"))[0].text == GOODBYE


def test_a_model_that_fails_before_a_word_is_apologised_for() -> None:
    """No dead air."""
    draft = Draft("r1", 1)

    texts = [body.text for body in draft.fail(VendorLate("openai", "late")) if isinstance(body, ReplyText)]
    assert texts == [APOLOGY]


def test_a_model_that_fails_in_mid_answer_leaves_what_it_said() -> None:
    """And the reply is finished, so that nobody waits for more."""
    draft = Draft("r1", 1)
    draft.take(Token("We open at nine. And "))

    *texts, finished = draft.fail(VendorLate("openai", "late"))
    assert [body.text for body in texts] == ["And "]
    assert (finished.clauses, finished.reason) == (2, "error")
