"""The execution of a call's TwiML as a pure state machine: events in, commands out. No I/O, no clock.

Every command carries the step it belongs to. A result for an earlier step (a verb cancelled by a REST
update, a slow fetch) is ignored.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from sandbox.twilio.verbs import Document, Hangup, Redirect, Reject, Verb

_MAX_FETCHES_WITHOUT_WORK = 100
"""Limit that ends a document which redirects to itself forever."""

EndedBy = Literal["agent", "caller", "rest", "error", "rejected"]


@dataclass(frozen=True, slots=True)
class Source:
    """A URL to fetch TwiML from."""

    url: str
    method: str = "POST"
    params: tuple[tuple[str, str], ...] = ()
    """Parameters of the previous verb, added to the standard ones."""


@dataclass(frozen=True, slots=True)
class Started:
    """The call requires its first TwiML, by URL or as a document."""

    twiml: Document | Source


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document was fetched."""

    step: int
    document: Document


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Neither the URL nor its fallback returned a document."""

    step: int
    code: int


@dataclass(frozen=True, slots=True)
class VerbFinished:
    """A verb finished; `then` is its action URL, if any."""

    step: int
    then: Source | None = None


@dataclass(frozen=True, slots=True)
class Updated:
    """A REST update replaced the TwiML."""

    twiml: Document | Source


@dataclass(frozen=True, slots=True)
class Ended:
    """The call was ended."""

    by: EndedBy


FlowEvent = Started | Fetched | FetchFailed | VerbFinished | Updated | Ended


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch TwiML from a URL."""

    step: int
    source: Source


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the call, because the first verb that needs audio was reached."""


@dataclass(frozen=True, slots=True)
class ExecuteVerb:
    """Execute a verb."""

    step: int
    verb: Verb


@dataclass(frozen=True, slots=True)
class CancelWork:
    """Cancel the current fetch or verb."""


@dataclass(frozen=True, slots=True)
class Apologise:
    """Announce an application error, then end the call."""

    step: int
    code: int


@dataclass(frozen=True, slots=True)
class End:
    """End the call."""

    by: EndedBy
    reason: str = ""


Command = Fetch | Answer | ExecuteVerb | CancelWork | Apologise | End


@dataclass(frozen=True, slots=True)
class Flow:
    """The position of a call in its TwiML."""

    step: int = 0
    remaining: tuple[Verb, ...] = ()
    answered: bool = False
    ended: bool = False
    apologising: bool = False
    fetches: int = field(default=0)
    """Fetches since the last verb that was executed."""


Result = tuple[Flow, tuple[Command, ...]]


def advance(flow: Flow, event: FlowEvent) -> Result:
    """Apply an event; returns the new state and the commands to execute."""
    if flow.ended:
        return flow, ()
    match event:
        case Started(twiml=twiml):
            return _follow(flow, twiml)
        case Updated(twiml=twiml):
            flow, commands = _follow(replace(flow, fetches=0, apologising=False), twiml)
            return flow, (CancelWork(), *commands)
        case Fetched(step=step, document=document):
            return _next(replace(flow, remaining=document.verbs)) if step == flow.step else (flow, ())
        case FetchFailed(step=step, code=code):
            return _apologise(flow, code) if step == flow.step else (flow, ())
        case VerbFinished(step=step, then=then):
            return _verb_finished(flow, then) if step == flow.step else (flow, ())
        case Ended(by=by):
            return replace(flow, ended=True), (CancelWork(), End(by))


def _follow(flow: Flow, twiml: Document | Source) -> Result:
    if isinstance(twiml, Document):
        return _next(replace(flow, remaining=twiml.verbs))
    if flow.fetches >= _MAX_FETCHES_WITHOUT_WORK:
        return _apologise(flow, 11215)
    flow = replace(flow, step=flow.step + 1, remaining=(), fetches=flow.fetches + 1)
    return flow, (Fetch(flow.step, twiml),)


def _verb_finished(flow: Flow, then: Source | None) -> Result:
    if flow.apologising:
        return replace(flow, ended=True), (End("error", "application error"),)
    return _follow(flow, then) if then else _next(flow)


def _next(flow: Flow) -> Result:
    if not flow.remaining:
        return _finish(flow, "agent", "end of document")
    verb, *rest = flow.remaining
    flow = replace(flow, remaining=tuple(rest), step=flow.step + 1)
    match verb:
        case Hangup():
            return _finish(flow, "agent", "hangup")
        case Reject(reason=reason) if not flow.answered:
            return replace(flow, ended=True), (End("rejected", reason),)
        case Reject():
            return _finish(flow, "agent", "reject")
        case Redirect(url=url, method=method):
            return _follow(flow, Source(url, method))
        case _:
            answer: tuple[Command, ...] = () if flow.answered else (Answer(),)
            flow = replace(flow, answered=True, fetches=0)
            return flow, (*answer, ExecuteVerb(flow.step, verb))


def _finish(flow: Flow, by: EndedBy, reason: str) -> Result:
    answer: tuple[Command, ...] = () if flow.answered else (Answer(),)
    return replace(flow, ended=True, answered=True), (*answer, End(by, reason))


def _apologise(flow: Flow, code: int) -> Result:
    answer: tuple[Command, ...] = () if flow.answered else (Answer(),)
    flow = replace(flow, step=flow.step + 1, answered=True, apologising=True, remaining=())
    return flow, (*answer, Apologise(flow.step, code))
