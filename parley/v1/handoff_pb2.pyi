from parley.v1 import options_pb2 as _options_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional

DESCRIPTOR: _descriptor.FileDescriptor

class AgentChanged(_message.Message):
    __slots__ = ("agent", "version", "from_agent", "reason", "summary", "reply_id", "tool_call_id", "greeting")
    AGENT_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    FROM_AGENT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    GREETING_FIELD_NUMBER: _ClassVar[int]
    agent: str
    version: str
    from_agent: str
    reason: str
    summary: str
    reply_id: str
    tool_call_id: str
    greeting: str
    def __init__(self, agent: _Optional[str] = ..., version: _Optional[str] = ..., from_agent: _Optional[str] = ..., reason: _Optional[str] = ..., summary: _Optional[str] = ..., reply_id: _Optional[str] = ..., tool_call_id: _Optional[str] = ..., greeting: _Optional[str] = ...) -> None: ...

class LanguageChanged(_message.Message):
    __slots__ = ("language", "turn", "tool_call_id")
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    language: str
    turn: int
    tool_call_id: str
    def __init__(self, language: _Optional[str] = ..., turn: _Optional[int] = ..., tool_call_id: _Optional[str] = ...) -> None: ...

class DataCollected(_message.Message):
    __slots__ = ("field", "value", "confirmed", "turn", "tool_call_id")
    FIELD_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    TURN_FIELD_NUMBER: _ClassVar[int]
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    field: str
    value: str
    confirmed: bool
    turn: int
    tool_call_id: str
    def __init__(self, field: _Optional[str] = ..., value: _Optional[str] = ..., confirmed: _Optional[bool] = ..., turn: _Optional[int] = ..., tool_call_id: _Optional[str] = ...) -> None: ...

class WebhookDelivered(_message.Message):
    __slots__ = ("webhook", "status", "attempts", "failure")
    WEBHOOK_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    ATTEMPTS_FIELD_NUMBER: _ClassVar[int]
    FAILURE_FIELD_NUMBER: _ClassVar[int]
    webhook: str
    status: int
    attempts: int
    failure: str
    def __init__(self, webhook: _Optional[str] = ..., status: _Optional[int] = ..., attempts: _Optional[int] = ..., failure: _Optional[str] = ...) -> None: ...
