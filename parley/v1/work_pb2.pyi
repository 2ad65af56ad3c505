from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class Work(_message.Message):
    __slots__ = ("call_sid", "stage", "agent")
    CALL_SID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    AGENT_FIELD_NUMBER: _ClassVar[int]
    call_sid: str
    stage: str
    agent: str
    def __init__(self, call_sid: _Optional[str] = ..., stage: _Optional[str] = ..., agent: _Optional[str] = ...) -> None: ...

class StageClaimed(_message.Message):
    __slots__ = ("worker",)
    WORKER_FIELD_NUMBER: _ClassVar[int]
    worker: str
    def __init__(self, worker: _Optional[str] = ...) -> None: ...

class StageReleased(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class StageFailed(_message.Message):
    __slots__ = ("code", "message", "retryable", "provider")
    CODE_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_FIELD_NUMBER: _ClassVar[int]
    RETRYABLE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    code: str
    message: str
    retryable: bool
    provider: str
    def __init__(self, code: _Optional[str] = ..., message: _Optional[str] = ..., retryable: _Optional[bool] = ..., provider: _Optional[str] = ...) -> None: ...

class CallRecorded(_message.Message):
    __slots__ = ("recording_url", "duration_ms")
    RECORDING_URL_FIELD_NUMBER: _ClassVar[int]
    DURATION_MS_FIELD_NUMBER: _ClassVar[int]
    recording_url: str
    duration_ms: int
    def __init__(self, recording_url: _Optional[str] = ..., duration_ms: _Optional[int] = ...) -> None: ...
