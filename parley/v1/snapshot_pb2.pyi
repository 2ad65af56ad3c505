from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Snapshot(_message.Message):
    __slots__ = ("call_sid", "stage", "position", "admitted", "states")
    CALL_SID_FIELD_NUMBER: _ClassVar[int]
    STAGE_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    call_sid: str
    stage: str
    position: int
    admitted: _containers.RepeatedCompositeFieldContainer[AdmittedEvents]
    states: _containers.RepeatedCompositeFieldContainer[FoldedState]
    def __init__(self, call_sid: _Optional[str] = ..., stage: _Optional[str] = ..., position: _Optional[int] = ..., admitted: _Optional[_Iterable[_Union[AdmittedEvents, _Mapping]]] = ..., states: _Optional[_Iterable[_Union[FoldedState, _Mapping]]] = ...) -> None: ...

class AdmittedEvents(_message.Message):
    __slots__ = ("stage", "epoch", "starts", "ends")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    STARTS_FIELD_NUMBER: _ClassVar[int]
    ENDS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    epoch: int
    starts: _containers.RepeatedScalarFieldContainer[int]
    ends: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, stage: _Optional[str] = ..., epoch: _Optional[int] = ..., starts: _Optional[_Iterable[int]] = ..., ends: _Optional[_Iterable[int]] = ...) -> None: ...

class FoldedState(_message.Message):
    __slots__ = ("name", "version", "data")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: str
    data: bytes
    def __init__(self, name: _Optional[str] = ..., version: _Optional[str] = ..., data: _Optional[bytes] = ...) -> None: ...
