from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReplyKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPLY_KIND_UNSPECIFIED: _ClassVar[ReplyKind]
    REPLY_KIND_GREETING: _ClassVar[ReplyKind]
    REPLY_KIND_ANSWER: _ClassVar[ReplyKind]
    REPLY_KIND_OPENER: _ClassVar[ReplyKind]
    REPLY_KIND_FILLER: _ClassVar[ReplyKind]
    REPLY_KIND_IDLE_PROMPT: _ClassVar[ReplyKind]
    REPLY_KIND_APOLOGY: _ClassVar[ReplyKind]
    REPLY_KIND_GOODBYE: _ClassVar[ReplyKind]
    REPLY_KIND_WARNING: _ClassVar[ReplyKind]
    REPLY_KIND_RECONNECTED: _ClassVar[ReplyKind]
    REPLY_KIND_HANDOFF: _ClassVar[ReplyKind]
REPLY_KIND_UNSPECIFIED: ReplyKind
REPLY_KIND_GREETING: ReplyKind
REPLY_KIND_ANSWER: ReplyKind
REPLY_KIND_OPENER: ReplyKind
REPLY_KIND_FILLER: ReplyKind
REPLY_KIND_IDLE_PROMPT: ReplyKind
REPLY_KIND_APOLOGY: ReplyKind
REPLY_KIND_GOODBYE: ReplyKind
REPLY_KIND_WARNING: ReplyKind
REPLY_KIND_RECONNECTED: ReplyKind
REPLY_KIND_HANDOFF: ReplyKind

class PhrasesChosen(_message.Message):
    __slots__ = ("language", "backchannels", "hold_phrases")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    BACKCHANNELS_FIELD_NUMBER: _ClassVar[int]
    HOLD_PHRASES_FIELD_NUMBER: _ClassVar[int]
    language: str
    backchannels: _containers.RepeatedScalarFieldContainer[str]
    hold_phrases: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, language: _Optional[str] = ..., backchannels: _Optional[_Iterable[str]] = ..., hold_phrases: _Optional[_Iterable[str]] = ...) -> None: ...

class ReplyStarted(_message.Message):
    __slots__ = ("reply_id", "turn", "kind", "speculative", "predicted_text", "uninterruptible")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    SPECULATIVE_FIELD_NUMBER: _ClassVar[int]
    PREDICTED_TEXT_FIELD_NUMBER: _ClassVar[int]
    UNINTERRUPTIBLE_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    turn: int
    kind: ReplyKind
    speculative: bool
    predicted_text: str
    uninterruptible: bool
    def __init__(self, reply_id: _Optional[str] = ..., turn: _Optional[int] = ..., kind: _Optional[_Union[ReplyKind, str]] = ..., speculative: _Optional[bool] = ..., predicted_text: _Optional[str] = ..., uninterruptible: _Optional[bool] = ...) -> None: ...

class ReplyReleased(_message.Message):
    __slots__ = ("reply_id",)
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    def __init__(self, reply_id: _Optional[str] = ...) -> None: ...

class ReplyClause(_message.Message):
    __slots__ = ("reply_id", "clause", "text", "llm_requested_ms", "first_token_ms", "provider", "model")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    LLM_REQUESTED_MS_FIELD_NUMBER: _ClassVar[int]
    FIRST_TOKEN_MS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    clause: int
    text: str
    llm_requested_ms: int
    first_token_ms: int
    provider: str
    model: str
    def __init__(self, reply_id: _Optional[str] = ..., clause: _Optional[int] = ..., text: _Optional[str] = ..., llm_requested_ms: _Optional[int] = ..., first_token_ms: _Optional[int] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class ReplyFinished(_message.Message):
    __slots__ = ("reply_id", "clauses", "reason")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    CLAUSES_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    clauses: int
    reason: str
    def __init__(self, reply_id: _Optional[str] = ..., clauses: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class ReplyCancelled(_message.Message):
    __slots__ = ("reply_id", "reason")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    reason: str
    def __init__(self, reply_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ReplyResumed(_message.Message):
    __slots__ = ("reply_id", "reason")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    reason: str
    def __init__(self, reply_id: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ToolCalled(_message.Message):
    __slots__ = ("tool_call_id", "name", "arguments", "reply_id", "turn", "problem", "extra", "route")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ARGUMENTS_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    PROBLEM_FIELD_NUMBER: _ClassVar[int]
    EXTRA_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    name: str
    arguments: str
    reply_id: str
    turn: int
    problem: str
    extra: str
    route: str
    def __init__(self, tool_call_id: _Optional[str] = ..., name: _Optional[str] = ..., arguments: _Optional[str] = ..., reply_id: _Optional[str] = ..., turn: _Optional[int] = ..., problem: _Optional[str] = ..., extra: _Optional[str] = ..., route: _Optional[str] = ...) -> None: ...

class DtmfCollected(_message.Message):
    __slots__ = ("digits", "ended_by")
    DIGITS_FIELD_NUMBER: _ClassVar[int]
    ENDED_BY_FIELD_NUMBER: _ClassVar[int]
    digits: str
    ended_by: str
    def __init__(self, digits: _Optional[str] = ..., ended_by: _Optional[str] = ...) -> None: ...

class ToolReturned(_message.Message):
    __slots__ = ("tool_call_id", "result", "failed")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    result: str
    failed: bool
    def __init__(self, tool_call_id: _Optional[str] = ..., result: _Optional[str] = ..., failed: _Optional[bool] = ...) -> None: ...

class FallbackRequested(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class ConversationSummarized(_message.Message):
    __slots__ = ("through_reply_id", "through_turn", "text", "incomplete", "provider", "model")
    THROUGH_REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    THROUGH_TURN_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    INCOMPLETE_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    through_reply_id: str
    through_turn: int
    text: str
    incomplete: bool
    provider: str
    model: str
    def __init__(self, through_reply_id: _Optional[str] = ..., through_turn: _Optional[int] = ..., text: _Optional[str] = ..., incomplete: _Optional[bool] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class TokensUsed(_message.Message):
    __slots__ = ("reply_id", "provider", "model", "input", "cached_input", "output", "reasoning", "estimated", "cost", "currency")
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    CACHED_INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    REASONING_FIELD_NUMBER: _ClassVar[int]
    ESTIMATED_FIELD_NUMBER: _ClassVar[int]
    COST_FIELD_NUMBER: _ClassVar[int]
    CURRENCY_FIELD_NUMBER: _ClassVar[int]
    reply_id: str
    provider: str
    model: str
    input: int
    cached_input: int
    output: int
    reasoning: int
    estimated: bool
    cost: str
    currency: str
    def __init__(self, reply_id: _Optional[str] = ..., provider: _Optional[str] = ..., model: _Optional[str] = ..., input: _Optional[int] = ..., cached_input: _Optional[int] = ..., output: _Optional[int] = ..., reasoning: _Optional[int] = ..., estimated: _Optional[bool] = ..., cost: _Optional[str] = ..., currency: _Optional[str] = ...) -> None: ...

class HangUpRequested(_message.Message):
    __slots__ = ("reason", "after_reply_id")
    REASON_FIELD_NUMBER: _ClassVar[int]
    AFTER_REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    after_reply_id: str
    def __init__(self, reason: _Optional[str] = ..., after_reply_id: _Optional[str] = ...) -> None: ...
