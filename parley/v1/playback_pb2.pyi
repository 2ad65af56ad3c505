from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class PlaybackStarted(_message.Message):
    __slots__ = ("reply_id", "from_sample", "at_ms")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    FROM_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    from_sample: int
    at_ms: int
    def __init__(self, reply_id: _Optional[str] = ..., from_sample: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class PlaybackProgressed(_message.Message):
    __slots__ = ("reply_id", "played_samples", "at_ms", "estimated")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYED_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    played_samples: int
    at_ms: int
    estimated: bool
    def __init__(self, reply_id: _Optional[str] = ..., played_samples: _Optional[int] = ..., at_ms: _Optional[int] = ..., estimated: _Optional[bool] = ...) -> None: ...

class PlaybackFinished(_message.Message):
    __slots__ = ("reply_id", "played_samples", "at_ms", "estimated")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYED_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    played_samples: int
    at_ms: int
    estimated: bool
    def __init__(self, reply_id: _Optional[str] = ..., played_samples: _Optional[int] = ..., at_ms: _Optional[int] = ..., estimated: _Optional[bool] = ...) -> None: ...

class PlaybackPaused(_message.Message):
    __slots__ = ("reply_id", "played_samples", "at_ms")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYED_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    played_samples: int
    at_ms: int
    def __init__(self, reply_id: _Optional[str] = ..., played_samples: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...

class BargeIn(_message.Message):
    __slots__ = ("reply_id", "played_samples", "at_ms")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    PLAYED_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    played_samples: int
    at_ms: int
    def __init__(self, reply_id: _Optional[str] = ..., played_samples: _Optional[int] = ..., at_ms: _Optional[int] = ...) -> None: ...
