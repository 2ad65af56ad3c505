"""Events on a simulated caller's side of a call. No I/O, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UtteranceStarted:
    """The caller started an utterance or a noise."""

    text: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class UtteranceFinished:
    """The caller finished an utterance or a noise; the times are those of its audible part."""

    text: str
    start_ms: float
    end_ms: float
    is_noise: bool
    interrupted_at_ms: float | None
    """When it interrupted the agent; None if the agent was silent at its start."""


@dataclass(frozen=True, slots=True)
class DtmfPressed:
    """The caller pressed a key."""

    digit: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class AgentSpeechStarted:
    """The agent started to speak."""

    at_ms: float


@dataclass(frozen=True, slots=True)
class AgentSpeechStopped:
    """The agent stopped speaking; reported once the silence is longer than a pause within speech."""

    start_ms: float
    end_ms: float


@dataclass(frozen=True, slots=True)
class StepTimedOut:
    """A step of the script reached its timeout."""

    step: int
    waiting_for: str
    at_ms: float


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller hung up."""

    at_ms: float


Event = (
    UtteranceStarted
    | UtteranceFinished
    | DtmfPressed
    | AgentSpeechStarted
    | AgentSpeechStopped
    | StepTimedOut
    | HungUp
)
