from parley.v1 import call_pb2 as _call_pb2
from parley.v1 import handoff_pb2 as _handoff_pb2
from parley.v1 import knowledge_pb2 as _knowledge_pb2
from parley.v1 import playback_pb2 as _playback_pb2
from parley.v1 import reply_pb2 as _reply_pb2
from parley.v1 import speech_pb2 as _speech_pb2
from parley.v1 import synthesis_pb2 as _synthesis_pb2
from parley.v1 import telephony_pb2 as _telephony_pb2
from parley.v1 import work_pb2 as _work_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Event(_message.Message):
    __slots__ = ("id", "call_sid", "stage", "epoch", "sequence", "sent_at_us", "traceparent", "call_started", "stream_started", "stream_stopped", "dtmf_pressed", "call_ended", "stream_resuming", "stream_failed", "voicemail_recorded", "voicemail_stored", "speech_started", "speech_stopped", "transcript_updated", "turn_end_eager", "turn_resumed", "turn_ended", "reply_started", "reply_released", "reply_clause", "reply_finished", "reply_cancelled", "reply_resumed", "tool_called", "tool_returned", "hang_up_requested", "dtmf_collected", "fallback_requested", "conversation_summarized", "phrases_chosen", "tokens_used", "synthesis_started", "clause_synthesized", "synthesis_finished", "playback_started", "playback_progressed", "playback_finished", "playback_paused", "barge_in", "knowledge_searched", "stage_claimed", "stage_failed", "call_recorded", "stage_released", "transfer_requested", "stream_redirected", "telephony_attempted", "transfer_leg_updated", "transfer_finished", "message_requested", "message_sent", "dtmf_requested", "dtmf_sent", "agent_changed", "data_collected", "webhook_delivered", "language_changed")
    ID_FIELD_NUMBER: _ClassVar[int]
    CALL_SID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    SENT_AT_US_FIELD_NUMBER: _ClassVar[int]
    TRACEPARENT_FIELD_NUMBER: _ClassVar[int]
    CALL_STARTED_FIELD_NUMBER: _ClassVar[int]
    STREAM_STARTED_FIELD_NUMBER: _ClassVar[int]
    STREAM_STOPPED_FIELD_NUMBER: _ClassVar[int]
    DTMF_PRESSED_FIELD_NUMBER: _ClassVar[int]
    CALL_ENDED_FIELD_NUMBER: _ClassVar[int]
    STREAM_RESUMING_FIELD_NUMBER: _ClassVar[int]
    STREAM_FAILED_FIELD_NUMBER: _ClassVar[int]
    VOICEMAIL_RECORDED_FIELD_NUMBER: _ClassVar[int]
    VOICEMAIL_STORED_FIELD_NUMBER: _ClassVar[int]
    SPEECH_STARTED_FIELD_NUMBER: _ClassVar[int]
    SPEECH_STOPPED_FIELD_NUMBER: _ClassVar[int]
    TRANSCRIPT_UPDATED_FIELD_NUMBER: _ClassVar[int]
    TURN_END_EAGER_FIELD_NUMBER: _ClassVar[int]
    TURN_RESUMED_FIELD_NUMBER: _ClassVar[int]
    TURN_ENDED_FIELD_NUMBER: _ClassVar[int]
    REPLY_STARTED_FIELD_NUMBER: _ClassVar[int]
    REPLY_RELEASED_FIELD_NUMBER: _ClassVar[int]
    REPLY_CLAUSE_FIELD_NUMBER: _ClassVar[int]
    REPLY_FINISHED_FIELD_NUMBER: _ClassVar[int]
    REPLY_CANCELLED_FIELD_NUMBER: _ClassVar[int]
    REPLY_RESUMED_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALLED_FIELD_NUMBER: _ClassVar[int]
    TOOL_RETURNED_FIELD_NUMBER: _ClassVar[int]
    HANG_UP_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    DTMF_COLLECTED_FIELD_NUMBER: _ClassVar[int]
    FALLBACK_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    CONVERSATION_SUMMARIZED_FIELD_NUMBER: _ClassVar[int]
    PHRASES_CHOSEN_FIELD_NUMBER: _ClassVar[int]
    TOKENS_USED_FIELD_NUMBER: _ClassVar[int]
    SYNTHESIS_STARTED_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_SYNTHESIZED_FIELD_NUMBER: _ClassVar[int]
    SYNTHESIS_FINISHED_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_STARTED_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_PROGRESSED_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_FINISHED_FIELD_NUMBER: _ClassVar[int]
    PLAYBACK_PAUSED_FIELD_NUMBER: _ClassVar[int]
    BARGE_IN_FIELD_NUMBER: _ClassVar[int]
    KNOWLEDGE_SEARCHED_FIELD_NUMBER: _ClassVar[int]
    STAGE_CLAIMED_FIELD_NUMBER: _ClassVar[int]
    STAGE_FAILED_FIELD_NUMBER: _ClassVar[int]
    CALL_RECORDED_FIELD_NUMBER: _ClassVar[int]
    STAGE_RELEASED_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    STREAM_REDIRECTED_FIELD_NUMBER: _ClassVar[int]
    TELEPHONY_ATTEMPTED_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_LEG_UPDATED_FIELD_NUMBER: _ClassVar[int]
    TRANSFER_FINISHED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_SENT_FIELD_NUMBER: _ClassVar[int]
    DTMF_REQUESTED_FIELD_NUMBER: _ClassVar[int]
    DTMF_SENT_FIELD_NUMBER: _ClassVar[int]
    AGENT_CHANGED_FIELD_NUMBER: _ClassVar[int]
    DATA_COLLECTED_FIELD_NUMBER: _ClassVar[int]
    WEBHOOK_DELIVERED_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_CHANGED_FIELD_NUMBER: _ClassVar[int]
    id: str
    call_sid: str
    stage: str
    epoch: int
    sequence: int
    sent_at_us: int
    traceparent: str
    call_started: _call_pb2.CallStarted
    stream_started: _call_pb2.StreamStarted
    stream_stopped: _call_pb2.StreamStopped
    dtmf_pressed: _call_pb2.DtmfPressed
    call_ended: _call_pb2.CallEnded
    stream_resuming: _call_pb2.StreamResuming
    stream_failed: _call_pb2.StreamFailed
    voicemail_recorded: _call_pb2.VoicemailRecorded
    voicemail_stored: _call_pb2.VoicemailStored
    speech_started: _speech_pb2.SpeechStarted
    speech_stopped: _speech_pb2.SpeechStopped
    transcript_updated: _speech_pb2.TranscriptUpdated
    turn_end_eager: _speech_pb2.EagerEndOfTurn
    turn_resumed: _speech_pb2.TurnResumed
    turn_ended: _speech_pb2.TurnEnded
    reply_started: _reply_pb2.ReplyStarted
    reply_released: _reply_pb2.ReplyReleased
    reply_clause: _reply_pb2.ReplyClause
    reply_finished: _reply_pb2.ReplyFinished
    reply_cancelled: _reply_pb2.ReplyCancelled
    reply_resumed: _reply_pb2.ReplyResumed
    tool_called: _reply_pb2.ToolCalled
    tool_returned: _reply_pb2.ToolReturned
    hang_up_requested: _reply_pb2.HangUpRequested
    dtmf_collected: _reply_pb2.DtmfCollected
    fallback_requested: _reply_pb2.FallbackRequested
    conversation_summarized: _reply_pb2.ConversationSummarized
    phrases_chosen: _reply_pb2.PhrasesChosen
    tokens_used: _reply_pb2.TokensUsed
    synthesis_started: _synthesis_pb2.SynthesisStarted
    clause_synthesized: _synthesis_pb2.ClauseSynthesized
    synthesis_finished: _synthesis_pb2.SynthesisFinished
    playback_started: _playback_pb2.PlaybackStarted
    playback_progressed: _playback_pb2.PlaybackProgressed
    playback_finished: _playback_pb2.PlaybackFinished
    playback_paused: _playback_pb2.PlaybackPaused
    barge_in: _playback_pb2.BargeIn
    knowledge_searched: _knowledge_pb2.KnowledgeSearched
    stage_claimed: _work_pb2.StageClaimed
    stage_failed: _work_pb2.StageFailed
    call_recorded: _work_pb2.CallRecorded
    stage_released: _work_pb2.StageReleased
    transfer_requested: _telephony_pb2.TransferRequested
    stream_redirected: _telephony_pb2.StreamRedirected
    telephony_attempted: _telephony_pb2.TelephonyAttempted
    transfer_leg_updated: _telephony_pb2.TransferLegUpdated
    transfer_finished: _telephony_pb2.TransferFinished
    message_requested: _telephony_pb2.MessageRequested
    message_sent: _telephony_pb2.MessageSent
    dtmf_requested: _telephony_pb2.DtmfRequested
    dtmf_sent: _telephony_pb2.DtmfSent
    agent_changed: _handoff_pb2.AgentChanged
    data_collected: _handoff_pb2.DataCollected
    webhook_delivered: _handoff_pb2.WebhookDelivered
    language_changed: _handoff_pb2.LanguageChanged
    def __init__(self, id: _Optional[str] = ..., call_sid: _Optional[str] = ..., stage: _Optional[str] = ..., epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., sent_at_us: _Optional[int] = ..., traceparent: _Optional[str] = ..., call_started: _Optional[_Union[_call_pb2.CallStarted, _Mapping]] = ..., stream_started: _Optional[_Union[_call_pb2.StreamStarted, _Mapping]] = ..., stream_stopped: _Optional[_Union[_call_pb2.StreamStopped, _Mapping]] = ..., dtmf_pressed: _Optional[_Union[_call_pb2.DtmfPressed, _Mapping]] = ..., call_ended: _Optional[_Union[_call_pb2.CallEnded, _Mapping]] = ..., stream_resuming: _Optional[_Union[_call_pb2.StreamResuming, _Mapping]] = ..., stream_failed: _Optional[_Union[_call_pb2.StreamFailed, _Mapping]] = ..., voicemail_recorded: _Optional[_Union[_call_pb2.VoicemailRecorded, _Mapping]] = ..., voicemail_stored: _Optional[_Union[_call_pb2.VoicemailStored, _Mapping]] = ..., speech_started: _Optional[_Union[_speech_pb2.SpeechStarted, _Mapping]] = ..., speech_stopped: _Optional[_Union[_speech_pb2.SpeechStopped, _Mapping]] = ..., transcript_updated: _Optional[_Union[_speech_pb2.TranscriptUpdated, _Mapping]] = ..., turn_end_eager: _Optional[_Union[_speech_pb2.EagerEndOfTurn, _Mapping]] = ..., turn_resumed: _Optional[_Union[_speech_pb2.TurnResumed, _Mapping]] = ..., turn_ended: _Optional[_Union[_speech_pb2.TurnEnded, _Mapping]] = ..., reply_started: _Optional[_Union[_reply_pb2.ReplyStarted, _Mapping]] = ..., reply_released: _Optional[_Union[_reply_pb2.ReplyReleased, _Mapping]] = ..., reply_clause: _Optional[_Union[_reply_pb2.ReplyClause, _Mapping]] = ..., reply_finished: _Optional[_Union[_reply_pb2.ReplyFinished, _Mapping]] = ..., reply_cancelled: _Optional[_Union[_reply_pb2.ReplyCancelled, _Mapping]] = ..., reply_resumed: _Optional[_Union[_reply_pb2.ReplyResumed, _Mapping]] = ..., tool_called: _Optional[_Union[_reply_pb2.ToolCalled, _Mapping]] = ..., tool_returned: _Optional[_Union[_reply_pb2.ToolReturned, _Mapping]] = ..., hang_up_requested: _Optional[_Union[_reply_pb2.HangUpRequested, _Mapping]] = ..., dtmf_collected: _Optional[_Union[_reply_pb2.DtmfCollected, _Mapping]] = ..., fallback_requested: _Optional[_Union[_reply_pb2.FallbackRequested, _Mapping]] = ..., conversation_summarized: _Optional[_Union[_reply_pb2.ConversationSummarized, _Mapping]] = ..., phrases_chosen: _Optional[_Union[_reply_pb2.PhrasesChosen, _Mapping]] = ..., tokens_used: _Optional[_Union[_reply_pb2.TokensUsed, _Mapping]] = ..., synthesis_started: _Optional[_Union[_synthesis_pb2.SynthesisStarted, _Mapping]] = ..., clause_synthesized: _Optional[_Union[_synthesis_pb2.ClauseSynthesized, _Mapping]] = ..., synthesis_finished: _Optional[_Union[_synthesis_pb2.SynthesisFinished, _Mapping]] = ..., playback_started: _Optional[_Union[_playback_pb2.PlaybackStarted, _Mapping]] = ..., playback_progressed: _Optional[_Union[_playback_pb2.PlaybackProgressed, _Mapping]] = ..., playback_finished: _Optional[_Union[_playback_pb2.PlaybackFinished, _Mapping]] = ..., playback_paused: _Optional[_Union[_playback_pb2.PlaybackPaused, _Mapping]] = ..., barge_in: _Optional[_Union[_playback_pb2.BargeIn, _Mapping]] = ..., knowledge_searched: _Optional[_Union[_knowledge_pb2.KnowledgeSearched, _Mapping]] = ..., stage_claimed: _Optional[_Union[_work_pb2.StageClaimed, _Mapping]] = ..., stage_failed: _Optional[_Union[_work_pb2.StageFailed, _Mapping]] = ..., call_recorded: _Optional[_Union[_work_pb2.CallRecorded, _Mapping]] = ..., stage_released: _Optional[_Union[_work_pb2.StageReleased, _Mapping]] = ..., transfer_requested: _Optional[_Union[_telephony_pb2.TransferRequested, _Mapping]] = ..., stream_redirected: _Optional[_Union[_telephony_pb2.StreamRedirected, _Mapping]] = ..., telephony_attempted: _Optional[_Union[_telephony_pb2.TelephonyAttempted, _Mapping]] = ..., transfer_leg_updated: _Optional[_Union[_telephony_pb2.TransferLegUpdated, _Mapping]] = ..., transfer_finished: _Optional[_Union[_telephony_pb2.TransferFinished, _Mapping]] = ..., message_requested: _Optional[_Union[_telephony_pb2.MessageRequested, _Mapping]] = ..., message_sent: _Optional[_Union[_telephony_pb2.MessageSent, _Mapping]] = ..., dtmf_requested: _Optional[_Union[_telephony_pb2.DtmfRequested, _Mapping]] = ..., dtmf_sent: _Optional[_Union[_telephony_pb2.DtmfSent, _Mapping]] = ..., agent_changed: _Optional[_Union[_handoff_pb2.AgentChanged, _Mapping]] = ..., data_collected: _Optional[_Union[_handoff_pb2.DataCollected, _Mapping]] = ..., webhook_delivered: _Optional[_Union[_handoff_pb2.WebhookDelivered, _Mapping]] = ..., language_changed: _Optional[_Union[_handoff_pb2.LanguageChanged, _Mapping]] = ...) -> None: ...
