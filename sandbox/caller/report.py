"""What a person has to tell after a call: said, heard, how fast answered. No I/O, no clock."""

from collections.abc import Callable, Sequence
from itertools import zip_longest

from pydantic import BaseModel

from parley.mulaw import bytes_of
from sandbox.caller.simulated_caller import GaveUpWaiting, Person, Said
from sandbox.caller.speech_detector import Segment

Decode = Callable[[bytes], Sequence[str]]
"""The words of a heard sound; none when the sound is no tone voice."""


class SaidLine(BaseModel):
    """Something the person said; times of its voiced part."""

    text: str
    start_ms: float
    end_ms: float


class HeardLine(BaseModel):
    """Something the person heard; the text only where the voice can be read back."""

    start_ms: float
    end_ms: float
    text: str | None = None


class Response(BaseModel):
    """How long the person waited for an answer; None when none came before they spoke again."""

    after: str
    gap_ms: float | None
    first_sound_at: float | None
    """UTC, seconds since 1970."""


class BargeIn(BaseModel):
    """How long the other side went on speaking after being interrupted."""

    spoke_at_ms: float
    agent_silent_after_ms: float


class GaveUp(BaseModel):
    """A wait that was in vain; steps count from one."""

    step: int
    what: str
    at_ms: float


class Report(BaseModel):
    """The whole call, as the person tells it."""

    call_sid: str
    outcome: str
    duration_ms: float
    said: list[SaidLine]
    heard: list[HeardLine]
    responses: list[Response]
    barge_ins: list[BargeIn]
    gave_up: list[GaveUp]
    warnings: list[str]


def build_report(
    person: Person,
    *,
    call_sid: str,
    outcome: str,
    began_at: float | None,
    heard: bytes,
    decode: Decode,
    warnings: Sequence[str] = (),
) -> Report:
    """Sum up a call; `began_at` is the wall-clock time of its first frame."""
    said = [event for event in person.history if isinstance(event, Said)]
    segments = person.segments()
    gave_up = [
        GaveUp(step=event.step, what=event.what, at_ms=event.at_ms)
        for event in person.history
        if isinstance(event, GaveUpWaiting)
    ]
    in_vain = [
        f"step {wait.step}: gave up waiting for {wait.what} at {wait.at_ms:.0f} ms" for wait in gave_up
    ]
    return Report(
        call_sid=call_sid,
        outcome=outcome,
        duration_ms=person.hearing.now_ms,
        said=[SaidLine(text=line.text, start_ms=line.start_ms, end_ms=line.end_ms) for line in said],
        heard=[_heard_line(segment, heard, decode) for segment in segments],
        responses=_responses([line for line in said if not line.is_noise], segments, began_at),
        barge_ins=_barge_ins(said, segments),
        gave_up=gave_up,
        warnings=[*in_vain, *warnings],
    )


def _heard_line(segment: Segment, heard: bytes, decode: Decode) -> HeardLine:
    sound = heard[bytes_of(segment.start_ms) : bytes_of(segment.end_ms)]
    return HeardLine(start_ms=segment.start_ms, end_ms=segment.end_ms, text=" ".join(decode(sound)) or None)


def _responses(said: list[Said], segments: Sequence[Segment], began_at: float | None) -> list[Response]:
    answers: list[Response] = []
    for line, following in zip_longest(said, said[1:]):
        until_ms = following.start_ms if following else float("inf")
        first_ms = next((s.start_ms for s in segments if line.end_ms <= s.start_ms < until_ms), None)
        heard_at = None if first_ms is None or began_at is None else began_at + first_ms / 1000
        gap_ms = None if first_ms is None else first_ms - line.end_ms
        answers.append(Response(after=line.text, gap_ms=gap_ms, first_sound_at=heard_at))
    return answers


def _barge_ins(said: list[Said], segments: Sequence[Segment]) -> list[BargeIn]:
    found: list[BargeIn] = []
    for line in said:
        spoke_ms = line.interrupted_at_ms
        for segment in segments:
            if spoke_ms is not None and segment.start_ms <= spoke_ms < segment.end_ms:
                found.append(BargeIn(spoke_at_ms=spoke_ms, agent_silent_after_ms=segment.end_ms - spoke_ms))
    return found
