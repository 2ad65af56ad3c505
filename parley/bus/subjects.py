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


def work_filter(stage: str) -> str:
    """All calls that look for an owner of this stage."""
    return f"work.{stage}.*"


AUDIO_RETRANSMIT = "ctl.audio.retransmit"
"""Told to all: somebody may have missed sound, and what was said of it lately is to be said again.

With a subject, if only what was said on that one."""


def leader_elected(stream: str) -> str:
    """NATS' own word that a stream has a new leader."""
    return f"$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.{stream}"


def stage_alive(stage: str, call_sid: str) -> str:
    """Request: does a process own this stage of the call, and live?"""
    return f"ctl.alive.{stage}.{call_sid}"


ALL_MEDIA_STALLED = "ctl.media.stalled.*"
"""Told to all edges: a stream is open, and no sound comes of it; the last part is the CallSid."""


def media_stalled(call_sid: str) -> str:
    """Of one call."""
    return f"ctl.media.stalled.{call_sid}"


def media_alive(call_sid: str) -> str:
    """Request: does an edge hold a live stream of this call?"""
    return f"ctl.alive.media.{call_sid}"


STANDBY_OFFER = "ctl.standby.offer"
"""Request to all edges, with the name of who asks: where may a call be listened to?"""


def standby_alive(call_sid: str) -> str:
    """Request: which edge is this call's second ear?"""
    return f"ctl.standby.alive.{call_sid}"


def standby_fetch(call_sid: str) -> str:
    """Request, with the last that is known of the caller's sound: what has the second ear heard since?"""
    return f"ctl.standby.fetch.{call_sid}"


def standby_opened(call_sid: str) -> str:
    """Another second ear listens, with the StreamSid of its fork: the one before may close."""
    return f"ctl.standby.opened.{call_sid}"
