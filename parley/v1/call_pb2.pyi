from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Direction(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIRECTION_UNSPECIFIED: _ClassVar[Direction]
    DIRECTION_INBOUND: _ClassVar[Direction]
    DIRECTION_OUTBOUND: _ClassVar[Direction]
DIRECTION_UNSPECIFIED: Direction
DIRECTION_INBOUND: Direction
DIRECTION_OUTBOUND: Direction

class CallStarted(_message.Message):
    __slots__ = ("direction", "from_number", "to_number", "agent", "public_url", "account_sid", "region", "agent_version", "parameters")
    class ParametersEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    DIRECTION_FIELD_NUMBER: _ClassVar[int]
    FROM_NUMBER_FIELD_NUMBER: _ClassVar[int]
    TO_NUMBER_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    PUBLIC_URL_FIELD_NUMBER: _ClassVar[int]
    ACCOUNT_SID_FIELD_NUMBER: _ClassVar[int]
    REGION_FIELD_NUMBER: _ClassVar[int]
    AGENT_VERSION_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    direction: Direction
    from_number: str
    to_number: str
    agent: str
    public_url: str
    account_sid: str
    region: str
    agent_version: str
    parameters: _containers.ScalarMap[str, str]
    def __init__(self, direction: _Optional[_Union[Direction, str]] = ..., from_number: _Optional[str] = ..., to_number: _Optional[str] = ..., agent: _Optional[str] = ..., public_url: _Optional[str] = ..., account_sid: _Optional[str] = ..., region: _Optional[str] = ..., agent_version: _Optional[str] = ..., parameters: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StreamStarted(_message.Message):
    __slots__ = ("stream_sid", "at_ms", "worker", "redirected_at_ms", "after_tool_call_id")
    STREAM_SID_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    WORKER_FIELD_NUMBER: _ClassVar[int]
    REDIRECTED_AT_MS_FIELD_NUMBER: _ClassVar[int]
    AFTER_TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    stream_sid: str
    at_ms: int
    worker: str
    redirected_at_ms: int
    after_tool_call_id: str
    def __init__(self, stream_sid: _Optional[str] = ..., at_ms: _Optional[int] = ..., worker: _Optional[str] = ..., redirected_at_ms: _Optional[int] = ..., after_tool_call_id: _Optional[str] = ...) -> None: ...

class StreamStopped(_message.Message):
    __slots__ = ("stream_sid", "at_ms", "reason")
    STREAM_SID_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    stream_sid: str
    at_ms: int
    reason: str
    def __init__(self, stream_sid: _Optional[str] = ..., at_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class StreamResuming(_message.Message):
    __slots__ = ("epoch", "method", "last_audio_ms", "edge_stalled", "last_reply_id", "last_reply_samples")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    LAST_AUDIO_MS_FIELD_NUMBER: _ClassVar[int]
    EDGE_STALLED_FIELD_NUMBER: _ClassVar[int]
    LAST_REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    LAST_REPLY_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    method: str
    last_audio_ms: int
    edge_stalled: bool
    last_reply_id: str
    last_reply_samples: int
    def __init__(self, epoch: _Optional[int] = ..., method: _Optional[str] = ..., last_audio_ms: _Optional[int] = ..., edge_stalled: _Optional[bool] = ..., last_reply_id: _Optional[str] = ..., last_reply_samples: _Optional[int] = ...) -> None: ...

class StreamFailed(_message.Message):
    __slots__ = ("stream_sid", "code", "epoch")
    STREAM_SID_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    stream_sid: str
    code: int
    epoch: int
    def __init__(self, stream_sid: _Optional[str] = ..., code: _Optional[int] = ..., epoch: _Optional[int] = ...) -> None: ...

class DtmfPressed(_message.Message):
    __slots__ = ("digit", "at_ms")
    DIGIT_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    digit: str
    at_ms: int
    def __init__(self, digit: _Optional[str] = ..., at_ms: _Optional[int] = ...) -> None: ...

class CallEnded(_message.Message):
    __slots__ = ("reason", "duration_ms")
    REASON_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    reason: str
    duration_ms: int
    def __init__(self, reason: _Optional[str] = ..., duration_ms: _Optional[int] = ...) -> None: ...

class VoicemailRecorded(_message.Message):
    __slots__ = ("recording_sid", "recording_url", "duration_ms")
    RECORDING_SID_FIELD_NUMBER: _ClassVar[int]
    RECORDING_URL_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    recording_sid: str
    recording_url: str
    duration_ms: int
    def __init__(self, recording_sid: _Optional[str] = ..., recording_url: _Optional[str] = ..., duration_ms: _Optional[int] = ...) -> None: ...

class VoicemailStored(_message.Message):
    __slots__ = ("recording_sid", "url")
    RECORDING_SID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    recording_sid: str
    url: str
    def __init__(self, recording_sid: _Optional[str] = ..., url: _Optional[str] = ...) -> None: ...

class StoreVoicemail(_message.Message):
    __slots__ = ("call_sid", "started_at_us", "mp3")
    CALL_SID_FIELD_NUMBER: _ClassVar[int]
    STARTED_AT_US_FIELD_NUMBER: _ClassVar[int]
    MP3_FIELD_NUMBER: _ClassVar[int]
    call_sid: str
    started_at_us: int
    mp3: bytes
    def __init__(self, call_sid: _Optional[str] = ..., started_at_us: _Optional[int] = ..., mp3: _Optional[bytes] = ...) -> None: ...

class StoreVoicemailReply(_message.Message):
    __slots__ = ("url",)
    URL_FIELD_NUMBER: _ClassVar[int]
    url: str
    def __init__(self, url: _Optional[str] = ...) -> None: ...
