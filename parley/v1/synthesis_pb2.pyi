from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WordTiming(_message.Message):
    __slots__ = ("text", "start_ms", "end_ms")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    START_MS_FIELD_NUMBER: _ClassVar[int]
    END_MS_FIELD_NUMBER: _ClassVar[int]
    text: str
    start_ms: int
    end_ms: int
    def __init__(self, text: _Optional[str] = ..., start_ms: _Optional[int] = ..., end_ms: _Optional[int] = ...) -> None: ...

class SynthesisStarted(_message.Message):
    __slots__ = ("reply_id", "tts_requested_ms", "provider", "model")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    TTS_REQUESTED_MS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    tts_requested_ms: int
    provider: str
    model: str
    def __init__(self, reply_id: _Optional[str] = ..., tts_requested_ms: _Optional[int] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class ClauseSynthesized(_message.Message):
    __slots__ = ("reply_id", "clause", "start_sample", "end_sample", "words")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    START_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    END_SAMPLE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    clause: int
    start_sample: int
    end_sample: int
    words: _containers.RepeatedCompositeFieldContainer[WordTiming]
    def __init__(self, reply_id: _Optional[str] = ..., clause: _Optional[int] = ..., start_sample: _Optional[int] = ..., end_sample: _Optional[int] = ..., words: _Optional[_Iterable[_Union[WordTiming, _Mapping]]] = ...) -> None: ...

class SynthesisFinished(_message.Message):
    __slots__ = ("reply_id", "samples")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    SAMPLES_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    samples: int
    def __init__(self, reply_id: _Optional[str] = ..., samples: _Optional[int] = ...) -> None: ...
