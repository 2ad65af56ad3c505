"""The NATS subjects that Parley uses; no other module contains one."""

from typing import Literal

Stage = Literal["stt", "brain", "tts", "recorder"]
STAGES: tuple[Stage, ...] = ("stt", "brain", "tts", "recorder")
"""The stages that workers claim. The edge is not one: an edge process owns a call by its open socket."""

ALL_AUDIO = "audio.>"
ALL_CALLS = "call.>"
ALL_CALL_STARTS = "call.*.call.started"
ALL_STATE = "state.>"
ALL_WORK = "work.>"
ALL_AGENTS = "$KV.AGENTS.>"
ALL_CURRENT_AGENTS = "$KV.AGENTS.*.current"


def caller_audio(call_sid: str) -> str:
    """The caller's audio, published by the edge."""
    return f"audio.in.{call_sid}"


def agent_audio(call_sid: str) -> str:
    """The agent's audio, published by TTS."""
    return f"audio.out.{call_sid}"


def call_event(call_sid: str, name: str) -> str:
    """One kind of event of one call; `name` is the body's field name, for example `turn_ended`."""
    return f"call.{call_sid}.{name.replace('_', '.')}"


def call_log(call_sid: str) -> str:
    """All events of one call."""
    return f"call.{call_sid}.>"


def call_events(call_sid: str, kind: Literal["call", "stream", "transfer"]) -> str:
    """The events of one call whose name begins with a word: its start and end, its streams, its transfers."""
    return f"call.{call_sid}.{kind}.>"


def call_state(call_sid: str, name: str) -> str:
    """The latest value of a call's state: a stage's snapshot, named after the stage, or `playback`."""
    return f"state.{call_sid}.{name}"


def agent_version(key: str, version: str) -> str:
    """The text of one version of an agent; `key` is the agent's name in the bucket."""
    return f"$KV.AGENTS.{key}.{version}"


def current_agent(key: str) -> str:
    """Which version of an agent new calls get."""
    return agent_version(key, "current")


def work(stage: str, call_sid: str) -> str:
    """The work message of one stage of one call."""
    return f"work.{stage}.{call_sid}"


def work_filter(stage: str) -> str:
    """The work messages of one stage of all calls."""
    return f"work.{stage}.*"


AUDIO_RETRANSMIT = "ctl.audio.retransmit"
"""Request to all publishers of audio: retransmit recent audio. The payload is a subject, or empty for all."""


def leader_elected(stream: str) -> str:
    """NATS' advisory that a stream has a new leader."""
    return f"$JS.EVENT.ADVISORY.STREAM.LEADER_ELECTED.{stream}"


def stage_alive(stage: str, call_sid: str) -> str:
    """Liveness request to the owner of this stage of the call."""
    return f"ctl.alive.{stage}.{call_sid}"


ALL_MEDIA_STALLED = "ctl.media.stalled.*"
"""Notice to all edges: a call's media stream is open but carries no audio; the last token is the CallSid."""


def media_stalled(call_sid: str) -> str:
    """The subject of `media_stalled` notices for one call."""
    return f"ctl.media.stalled.{call_sid}"


ALL_CALL_CHECKS = "ctl.call.check.*"
"""Notice to one edge: a call may have ended unnoticed; the last token is the CallSid."""


def call_check(call_sid: str) -> str:
    """The subject of `ALL_CALL_CHECKS` notices for one call."""
    return f"ctl.call.check.{call_sid}"


def media_alive(call_sid: str) -> str:
    """Liveness request to the edge with a live media stream of this call."""
    return f"ctl.alive.media.{call_sid}"


STORE_VOICEMAIL = "ctl.voicemail.store"
"""Request to one recorder: store a message that Twilio has recorded."""

STANDBY_OFFER = "ctl.standby.offer"
"""Request to all edges, with the requesting worker's name: which edge can take a standby stream?"""


def standby_alive(call_sid: str) -> str:
    """Request: which edge has this call's standby stream?"""
    return f"ctl.standby.alive.{call_sid}"


def standby_fetch(call_sid: str) -> str:
    """Request, with the caller's last published audio: what audio followed on the standby stream?"""
    return f"ctl.standby.fetch.{call_sid}"


def standby_opened(call_sid: str) -> str:
    """To all edges: a new standby stream is open, with its StreamSid; the previous one may close."""
    return f"ctl.standby.opened.{call_sid}"
