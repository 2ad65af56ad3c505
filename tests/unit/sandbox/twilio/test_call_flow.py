"""The call flow's commands for sequences of events."""

from sandbox.twilio.call_flow import (
    Answer,
    Apologise,
    CancelWork,
    End,
    Ended,
    ExecuteVerb,
    Fetch,
    Fetched,
    FetchFailed,
    Flow,
    Source,
    Started,
    Updated,
    VerbFinished,
    advance,
)
from sandbox.twilio.twiml import parse
from sandbox.twilio.verbs import Document, Hangup, Pause, Redirect, Reject, Say

VOICE = Source("http://app/voice")


def test_first_verb_answers_the_call() -> None:
    """TwiML is fetched, the first verb answers the call, the document's end ends it."""
    flow, commands = advance(Flow(), Started(VOICE))
    assert commands == (Fetch(1, VOICE),)
    flow, commands = advance(flow, Fetched(1, Document((Say("hello"),))))
    assert commands == (Answer(), ExecuteVerb(2, Say("hello")))
    flow, commands = advance(flow, VerbFinished(2))

    assert commands == (End("agent", "end of document"),)
    assert flow.ended


def test_rejected_call_is_not_answered() -> None:
    """Reject as the first verb ends the call unanswered."""
    _, commands = advance(Flow(), Started(Document((Reject("busy"),))))

    assert commands == (End("rejected", "busy"),)


def test_redirect_fetches_again() -> None:
    """Verbs after a redirect are not executed."""
    document = Document((Redirect("/next"), Say("never")))
    flow, commands = advance(Flow(answered=True), Started(document))

    assert commands == (Fetch(flow.step, Source("/next")),)
    assert flow.remaining == ()


def test_action_url_replaces_the_next_verb() -> None:
    """The remaining verbs of the document are dropped."""
    flow, _ = advance(Flow(answered=True), Started(Document((Pause(), Hangup()))))
    flow, commands = advance(flow, VerbFinished(flow.step, Source("http://app/action")))

    assert commands == (Fetch(flow.step, Source("http://app/action")),)


def test_update_cancels_the_current_verb() -> None:
    """A REST update replaces the document; the cancelled verb's result is ignored."""
    flow, _ = advance(Flow(answered=True), Started(Document((Pause(60),))))
    old_step = flow.step
    flow, commands = advance(flow, Updated(Document((Say("new"),))))
    assert commands == (CancelWork(), ExecuteVerb(flow.step, Say("new")))

    assert advance(flow, VerbFinished(old_step)) == (flow, ())


def test_failed_fetch_apologises_then_ends() -> None:
    """Without TwiML the caller gets an apology."""
    flow, _ = advance(Flow(), Started(VOICE))
    flow, commands = advance(flow, FetchFailed(1, 11200))
    assert commands == (Answer(), Apologise(flow.step, 11200))
    flow, commands = advance(flow, VerbFinished(flow.step))

    assert commands == (End("error", "application error"),)


def test_endless_redirects_end() -> None:
    """A document that only redirects to itself causes an application error."""
    flow, commands = advance(Flow(), Started(VOICE))
    for _ in range(200):
        if not isinstance(commands[-1], Fetch):
            break
        flow, commands = advance(flow, Fetched(flow.step, Document((Redirect("/voice"),))))

    assert commands[-1] == Apologise(flow.step, 11215)


def test_events_after_the_end_are_ignored() -> None:
    """An ended call ends once."""
    flow, commands = advance(Flow(answered=True), Ended("caller"))
    assert commands == (CancelWork(), End("caller"))

    assert advance(flow, Ended("rest")) == (flow, ())


def test_empty_document_hangs_up() -> None:
    """A document without verbs answers the call and ends it."""
    _, commands = advance(Flow(), Started(parse("<Response/>")))

    assert commands == (Answer(), End("agent", "end of document"))
