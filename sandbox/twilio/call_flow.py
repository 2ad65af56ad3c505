"""A call's way through its TwiML: what happened in, what to do next out. No I/O, no clock.

Every piece of work carries the step it was given for; what comes back for an older step (a verb that was
cut off by a REST update, a slow fetch) is ignored.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from sandbox.twilio.twiml import Document, Hangup, Redirect, Reject, Verb

_MAX_FETCHES_WITHOUT_WORK = 100
"""A document that redirects to itself for ever would otherwise never end."""

EndedBy = Literal["agent", "caller", "rest", "error", "rejected"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where TwiML comes from."""

    url: str
    method: str = "POST"
    params: tuple[tuple[str, str], ...] = ()
    """What the verb before adds to the standard parameters."""


@dataclass(frozen=True, slots=True)
class Began:
    """The call wants its first TwiML, by address or given outright."""

    twiml: Document | Source


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document has come."""

    step: int
    document: Document


@dataclass(frozen=True, slots=True)
class FetchFailed:
    """Neither the address nor its fallback gave a document."""

    step: int
    code: int


@dataclass(frozen=True, slots=True)
class VerbFinished:
    """A verb has done its work; `then` is its action address, if it has one."""

    step: int
    then: Source | None = None


@dataclass(frozen=True, slots=True)
class Updated:
    """A REST update brought other TwiML."""

    twiml: Document | Source


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over, whoever ended it."""

    by: EndedBy


Input = Began | Fetched | FetchFailed | VerbFinished | Updated | Ended


@dataclass(frozen=True, slots=True)
class Fetch:
    """Ask an address for TwiML."""

    step: int
    source: Source


@dataclass(frozen=True, slots=True)
class Answer:
    """Take the call: the first verb that makes sound needs it."""


@dataclass(frozen=True, slots=True)
class Perform:
    """Do a verb's work."""

    step: int
    verb: Verb


@dataclass(frozen=True, slots=True)
class CutOff:
    """End the work that is going on."""


@dataclass(frozen=True, slots=True)
class Apologise:
    """Say that an application error has occurred, then end."""

    step: int
    code: int


@dataclass(frozen=True, slots=True)
class End:
    """The call is over."""

    by: EndedBy
    reason: str = ""


Command = Fetch | Answer | Perform | CutOff | Apologise | End


@dataclass(frozen=True, slots=True)
class Flow:
    """Where a call is in its TwiML."""

    step: int = 0
    remaining: tuple[Verb, ...] = ()
    answered: bool = False
    ended: bool = False
    apologising: bool = False
    fetches: int = field(default=0)
    """Since the last verb that did something."""


Result = tuple[Flow, tuple[Command, ...]]


def advance(flow: Flow, happened: Input) -> Result:
    """What a call does next."""
    if flow.ended:
        return flow, ()
    match happened:
        case Began(twiml=twiml):
            return _follow(flow, twiml)
        case Updated(twiml=twiml):
            flow, commands = _follow(replace(flow, fetches=0, apologising=False), twiml)
            return flow, (CutOff(), *commands)
        case Fetched(step=step, document=document):
            return _next(replace(flow, remaining=document.verbs)) if step == flow.step else (flow, ())
        case FetchFailed(step=step, code=code):
            return _apologise(flow, code) if step == flow.step else (flow, ())
        case VerbFinished(step=step, then=then):
            return _verb_finished(flow, then) if step == flow.step else (flow, ())
        case Ended(by=by):
            return replace(flow, ended=True), (CutOff(), End(by))


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
            return flow, (*answer, Perform(flow.step, verb))


def _finish(flow: Flow, by: EndedBy, reason: str) -> Result:
    answer: tuple[Command, ...] = () if flow.answered else (Answer(),)
    return replace(flow, ended=True, answered=True), (*answer, End(by, reason))


def _apologise(flow: Flow, code: int) -> Result:
    answer: tuple[Command, ...] = () if flow.answered else (Answer(),)
    flow = replace(flow, step=flow.step + 1, answered=True, apologising=True, remaining=())
    return flow, (*answer, Apologise(flow.step, code))
