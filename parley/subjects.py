"""Every NATS subject, spelled once."""

from typing import Literal

Stage = Literal["stt", "brain", "tts", "recorder"]
STAGES: tuple[Stage, ...] = ("stt", "brain", "tts", "recorder")
"""The stages of a call that look for an owner. The edge owns a call by holding its socket."""

ALL_AUDIO = "audio.>"
ALL_CALLS = "call.>"
ALL_CALL_STARTS = "call.*.call.started"
ALL_WORK = "work.>"


def caller_audio(call_sid: str) -> str:
    """What the caller says."""
    return f"audio.in.{call_sid}"


def agent_audio(call_sid: str) -> str:
    """What the agent shall say."""
    return f"audio.out.{call_sid}"


def call_event(call_sid: str, name: str) -> str:
    """One kind of event of one call; `name` is the body's field name, as in `turn_ended`."""
    return f"call.{call_sid}.{name.replace('_', '.')}"


def call_log(call_sid: str) -> str:
    """All events of one call."""
    return f"call.{call_sid}.>"


def work(stage: str, call_sid: str) -> str:
    """A stage of a call looks for an owner."""
    return f"work.{stage}.{call_sid}"


def work_of(stage: str) -> str:
    """All calls that look for an owner of this stage."""
    return f"work.{stage}.*"


SOUND_AGAIN = "sound.again"
"""Told to all: somebody may have missed sound, and what was said of it lately is to be said again.

With a subject, if only what was said on that one."""


def new_leader(stream: str) -> str:
    """NATS' own word that a stream has a new leader."""
    return f"$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.{stream}"


def owner(stage: str, call_sid: str) -> str:
    """Request: does a process own this stage of the call, and live?"""
    return f"owner.{stage}.{call_sid}"


STREAM_SILENT = "stream.silent.*"
"""Told to all edges: a stream is open, and no sound comes of it; the last part is the CallSid."""


def stream_silent(call_sid: str) -> str:
    """Of one call."""
    return f"stream.silent.{call_sid}"


def stream_alive(call_sid: str) -> str:
    """Request: does an edge hold a live stream of this call?"""
    return f"stream.alive.{call_sid}"


EAR_WANTED = "ear.wanted"
"""Request to all edges, with the name of who asks: where may a call be listened to?"""


def ear_alive(call_sid: str) -> str:
    """Request: which edge is this call's second ear?"""
    return f"ear.alive.{call_sid}"


def ear_heard(call_sid: str) -> str:
    """Request, with the last that is known of the caller's sound: what has the second ear heard since?"""
    return f"ear.heard.{call_sid}"


def ear_opened(call_sid: str) -> str:
    """Another second ear listens, with the StreamSid of its fork: the one before may close."""
    return f"ear.opened.{call_sid}"
