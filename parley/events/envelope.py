"""The envelope of an event: its stage, epoch, sequence, time and trace. No I/O."""

from typing import TypeAlias

from google.protobuf.message import DecodeError

from parley.v1 import (
    call_pb2,
    handoff_pb2,
    knowledge_pb2,
    playback_pb2,
    reply_pb2,
    speech_pb2,
    synthesis_pb2,
    telephony_pb2,
    work_pb2,
)
from parley.v1.event_pb2 import Event

Body: TypeAlias = (
    call_pb2.CallStarted
    | call_pb2.StreamStarted
    | call_pb2.StreamStopped
    | call_pb2.StreamResuming
    | call_pb2.StreamFailed
    | call_pb2.DtmfPressed
    | call_pb2.CallEnded
    | call_pb2.VoicemailRecorded
    | call_pb2.VoicemailStored
    | speech_pb2.SpeechStarted
    | speech_pb2.SpeechStopped
    | speech_pb2.TranscriptUpdated
    | speech_pb2.EagerEndOfTurn
    | speech_pb2.TurnResumed
    | speech_pb2.TurnEnded
    | reply_pb2.ReplyStarted
    | reply_pb2.ReplyReleased
    | reply_pb2.ReplyClause
    | reply_pb2.ReplyFinished
    | reply_pb2.ReplyCancelled
    | reply_pb2.ReplyResumed
    | reply_pb2.ToolCalled
    | reply_pb2.ToolReturned
    | reply_pb2.HangUpRequested
    | reply_pb2.DtmfCollected
    | reply_pb2.FallbackRequested
    | reply_pb2.ConversationSummarized
    | reply_pb2.TokensUsed
    | reply_pb2.PhrasesChosen
    | handoff_pb2.AgentChanged
    | handoff_pb2.DataCollected
    | handoff_pb2.LanguageChanged
    | handoff_pb2.WebhookDelivered
    | synthesis_pb2.SynthesisStarted
    | synthesis_pb2.ClauseSynthesized
    | synthesis_pb2.SynthesisFinished
    | playback_pb2.PlaybackStarted
    | playback_pb2.PlaybackProgressed
    | playback_pb2.PlaybackFinished
    | playback_pb2.PlaybackPaused
    | playback_pb2.BargeIn
    | knowledge_pb2.KnowledgeSearched
    | telephony_pb2.TransferRequested
    | telephony_pb2.StreamRedirected
    | telephony_pb2.TelephonyAttempted
    | telephony_pb2.TransferLegUpdated
    | telephony_pb2.TransferFinished
    | telephony_pb2.MessageRequested
    | telephony_pb2.MessageSent
    | telephony_pb2.DtmfRequested
    | telephony_pb2.DtmfSent
    | work_pb2.StageClaimed
    | work_pb2.StageReleased
    | work_pb2.StageFailed
    | work_pb2.CallRecorded
)

_NAME_OF = {
    field.message_type.full_name: field.name  # type: ignore[union-attr] # all are messages
    for field in Event.DESCRIPTOR.oneofs_by_name["body"].fields
}


def event_name(body: Body) -> str:
    """Name of the body's field in the envelope, for example `turn_ended`."""
    return _NAME_OF[body.DESCRIPTOR.full_name]


def event_body(event: Event) -> Body | None:
    """The event's body, or None if this version does not support its type."""
    name = event.WhichOneof("body")
    return getattr(event, name) if name else None


def wrap(
    body: Body, *, call_sid: str, stage: str, epoch: int, sequence: int, sent_at_us: int, traceparent: str
) -> Event:
    """Build an event with the given body."""
    event = Event(
        id=f"{stage}-{epoch}-{sequence}",
        call_sid=call_sid,
        stage=stage,
        epoch=epoch,
        sequence=sequence,
        sent_at_us=sent_at_us,
        traceparent=traceparent,
    )
    getattr(event, event_name(body)).CopyFrom(body)
    return event


def parse(data: bytes) -> Event | None:
    """Parse an event; None if the bytes are not one."""
    try:
        return Event.FromString(data)
    except DecodeError:
        return None
