"""A call's way through its TwiML, by feeding what happens."""

from sandbox.twilio.call_flow import (
    Answer,
    Apologise,
    Began,
    CutOff,
    End,
    Ended,
    Fetch,
    Fetched,
    FetchFailed,
    Flow,
    Perform,
    Source,
    Updated,
    VerbFinished,
    advance,
)
from sandbox.twilio.twiml import Document, Hangup, Pause, Redirect, Reject, Say, parse

VOICE = Source("http://app/voice")


def test_first_verb_answers_the_call() -> None:
    """A call is fetched for, answered when there is something to hear, and ended at the document's end."""
    flow, commands = advance(Flow(), Began(VOICE))
    assert commands == (Fetch(1, VOICE),)
    flow, commands = advance(flow, Fetched(1, Document((Say("hello"),))))
    assert commands == (Answer(), Perform(2, Say("hello")))
    flow, commands = advance(flow, VerbFinished(2))

    assert commands == (End("agent", "end of document"),)
    assert flow.ended


def test_reject_comes_before_an_answer() -> None:
    """A rejected call was never answered."""
    _, commands = advance(Flow(), Began(Document((Reject("busy"),))))

    assert commands == (End("rejected", "busy"),)


def test_redirect_fetches_again() -> None:
    """Verbs behind a redirect are never reached."""
    document = Document((Redirect("/next"), Say("never")))
    flow, commands = advance(Flow(answered=True), Began(document))

    assert commands == (Fetch(flow.step, Source("/next")),)
    assert flow.remaining == ()


def test_action_is_followed_instead_of_the_next_verb() -> None:
    """A verb's action address has the word."""
    flow, _ = advance(Flow(answered=True), Began(Document((Pause(), Hangup()))))
    flow, commands = advance(flow, VerbFinished(flow.step, Source("http://app/action")))

    assert commands == (Fetch(flow.step, Source("http://app/action")),)


def test_update_cuts_off_what_goes_on() -> None:
    """A REST update ends the verb at work; what that verb says afterwards is ignored."""
    flow, _ = advance(Flow(answered=True), Began(Document((Pause(60),))))
    old_step = flow.step
    flow, commands = advance(flow, Updated(Document((Say("new"),))))
    assert commands == (CutOff(), Perform(flow.step, Say("new")))

    assert advance(flow, VerbFinished(old_step)) == (flow, ())


def test_failed_fetch_apologises_then_ends() -> None:
    """Without TwiML a caller hears an apology."""
    flow, _ = advance(Flow(), Began(VOICE))
    flow, commands = advance(flow, FetchFailed(1, 11200))
    assert commands == (Answer(), Apologise(flow.step, 11200))
    flow, commands = advance(flow, VerbFinished(flow.step))

    assert commands == (End("error", "application error"),)


def test_endless_redirects_end() -> None:
    """A document that only redirects to itself is given up."""
    flow, commands = advance(Flow(), Began(VOICE))
    for _ in range(200):
        if not isinstance(commands[-1], Fetch):
            break
        flow, commands = advance(flow, Fetched(flow.step, Document((Redirect("/voice"),))))

    assert commands[-1] == Apologise(flow.step, 11215)


def test_nothing_happens_after_the_end() -> None:
    """An ended call ends once."""
    flow, commands = advance(Flow(answered=True), Ended("caller"))
    assert commands == (CutOff(), End("caller"))

    assert advance(flow, Ended("rest")) == (flow, ())


def test_empty_document_hangs_up() -> None:
    """An answer without verbs takes the call and ends it."""
    _, commands = advance(Flow(), Began(parse("<Response/>")))

    assert commands == (Answer(), End("agent", "end of document"))
