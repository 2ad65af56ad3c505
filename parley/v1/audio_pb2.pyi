from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallerAudio(_message.Message):
    __slots__ = ("epoch", "sequence", "at_ms", "mulaw")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    MULAW_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    sequence: int
    at_ms: int
    mulaw: bytes
    def __init__(self, epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., at_ms: _Optional[int] = ..., mulaw: _Optional[bytes] = ...) -> None: ...

class AgentAudio(_message.Message):
    __slots__ = ("epoch", "sequence", "reply_id", "offset_samples", "mulaw", "last")
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    OFFSET_SAMPLES_FIELD_NUMBER: _ClassVar[int]
    MULAW_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    epoch: int
    sequence: int
    reply_id: str
    offset_samples: int
    mulaw: bytes
    last: bool
    def __init__(self, epoch: _Optional[int] = ..., sequence: _Optional[int] = ..., reply_id: _Optional[str] = ..., offset_samples: _Optional[int] = ..., mulaw: _Optional[bytes] = ..., last: _Optional[bool] = ...) -> None: ...

class StandbyAudio(_message.Message):
    __slots__ = ("frames",)
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    frames: _containers.RepeatedCompositeFieldContainer[CallerAudio]
    def __init__(self, frames: _Optional[_Iterable[_Union[CallerAudio, _Mapping]]] = ...) -> None: ...
