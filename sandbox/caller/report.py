"""A caller's report of a finished call: both sides' speech and the response times. No I/O, no clock."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

from pydantic import BaseModel

from parley.audio.g711 import ms_to_bytes
from sandbox.caller.caller_events import StepTimedOut, UtteranceFinished
from sandbox.caller.simulated_caller import SimulatedCaller
from sandbox.caller.speech_detector import Segment

Decode = Callable[[bytes], Sequence[str]]
"""Decodes the words of the agent's audio; returns none unless the audio is encoded as tones."""


class CallerSpeech(BaseModel):
    """An utterance or noise of the caller, with the times of its audible part."""

    text: str
    start_ms: float
    end_ms: float


class AgentSpeech(BaseModel):
    """A segment of the agent's speech, with its text if the audio could be decoded."""

    start_ms: float
    end_ms: float
    text: str | None = None


class Response(BaseModel):
    """The time from a caller's utterance to the agent's response; None if the caller spoke again first."""

    after: str
    gap_ms: float | None
    first_audio_at: float | None
    """UTC, seconds since 1970."""


class BargeIn(BaseModel):
    """How long the agent continued to speak after the caller interrupted it."""

    spoke_at_ms: float
    agent_silent_after_ms: float


class StepTimeout(BaseModel):
    """A step of the script that reached its timeout; steps count from one."""

    step: int
    waiting_for: str
    at_ms: float


class Report(BaseModel):
    """The whole call as the caller experienced it."""

    call_sid: str
    outcome: str
    duration_ms: float
    caller_speech: list[CallerSpeech]
    agent_speech: list[AgentSpeech]
    responses: list[Response]
    barge_ins: list[BargeIn]
    timeouts: list[StepTimeout]
    warnings: list[str]


def build_report(
    caller: SimulatedCaller,
    *,
    call_sid: str,
    outcome: str,
    began_at: float | None,
    agent_audio: bytes,
    decode: Decode,
    warnings: Sequence[str] = (),
) -> Report:
    """Build the report; `began_at` is the wall-clock time of the call's first frame."""
    utterances = [event for event in caller.history if isinstance(event, UtteranceFinished)]
    segments = caller.agent_segments()
    timeouts = [
        StepTimeout(step=event.step, waiting_for=event.waiting_for, at_ms=event.at_ms)
        for event in caller.history
        if isinstance(event, StepTimedOut)
    ]
    timeout_warnings = [
        f"step {timeout.step}: timed out waiting for {timeout.waiting_for} at {timeout.at_ms:.0f} ms"
        for timeout in timeouts
    ]
    return Report(
        call_sid=call_sid,
        outcome=outcome,
        duration_ms=caller.detector.now_ms,
        caller_speech=[CallerSpeech(text=u.text, start_ms=u.start_ms, end_ms=u.end_ms) for u in utterances],
        agent_speech=[_agent_speech(segment, agent_audio, decode) for segment in segments],
        responses=_responses([u for u in utterances if not u.is_noise], segments, began_at),
        barge_ins=_barge_ins(utterances, segments),
        timeouts=timeouts,
        warnings=[*timeout_warnings, *warnings],
    )


def _agent_speech(segment: Segment, agent_audio: bytes, decode: Decode) -> AgentSpeech:
    audio = agent_audio[ms_to_bytes(segment.start_ms) : ms_to_bytes(segment.end_ms)]
    text = " ".join(decode(audio)) or None
    return AgentSpeech(start_ms=segment.start_ms, end_ms=segment.end_ms, text=text)


def _responses(
    utterances: list[UtteranceFinished], segments: Sequence[Segment], began_at: float | None
) -> list[Response]:
    responses: list[Response] = []
    for utterance, following in zip_longest(utterances, utterances[1:]):
        until_ms = following.start_ms if following else float("inf")
        first_ms = next((s.start_ms for s in segments if utterance.end_ms <= s.start_ms < until_ms), None)
        first_audio_at = None if first_ms is None or began_at is None else began_at + first_ms / 1000
        gap_ms = None if first_ms is None else first_ms - utterance.end_ms
        responses.append(Response(after=utterance.text, gap_ms=gap_ms, first_audio_at=first_audio_at))
    return responses


def _barge_ins(utterances: list[UtteranceFinished], segments: Sequence[Segment]) -> list[BargeIn]:
    found: list[BargeIn] = []
    for utterance in utterances:
        spoke_ms = utterance.interrupted_at_ms
        for segment in segments:
            if spoke_ms is not None and segment.start_ms <= spoke_ms < segment.end_ms:
                found.append(BargeIn(spoke_at_ms=spoke_ms, agent_silent_after_ms=segment.end_ms - spoke_ms))
    return found
