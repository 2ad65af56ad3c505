from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class KnowledgeSearched(_message.Message):
    __slots__ = ("mode", "turn", "tool_call_id", "names", "query", "passages", "took_ms", "hybrid", "failure")
    MODE_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAMES_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    PASSAGES_FIELD_NUMBER: _ClassVar[int]
    TOOK_MS_FIELD_NUMBER: _ClassVar[int]
    HYBRID_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    mode: str
    turn: int
    tool_call_id: str
    names: _containers.RepeatedScalarFieldContainer[str]
    query: str
    passages: _containers.RepeatedCompositeFieldContainer[KnowledgePassage]
    took_ms: int
    hybrid: bool
    failure: str
    def __init__(self, mode: _Optional[str] = ..., turn: _Optional[int] = ..., tool_call_id: _Optional[str] = ..., names: _Optional[_Iterable[str]] = ..., query: _Optional[str] = ..., passages: _Optional[_Iterable[_Union[KnowledgePassage, _Mapping]]] = ..., took_ms: _Optional[int] = ..., hybrid: _Optional[bool] = ..., failure: _Optional[str] = ...) -> None: ...

class KnowledgePassage(_message.Message):
    __slots__ = ("name", "passage_id", "document", "section", "page", "score")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSAGE_ID_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    SECTION_FIELD_NUMBER: _ClassVar[int]
    PAGE_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    name: str
    passage_id: str
    document: str
    section: str
    page: int
    score: float
    def __init__(self, name: _Optional[str] = ..., passage_id: _Optional[str] = ..., document: _Optional[str] = ..., section: _Optional[str] = ..., page: _Optional[int] = ..., score: _Optional[float] = ...) -> None: ...
