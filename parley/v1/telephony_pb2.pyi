from parley.v1 import options_pb2 as _options_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TransferKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TRANSFER_KIND_UNSPECIFIED: _ClassVar[TransferKind]
    TRANSFER_KIND_COLD: _ClassVar[TransferKind]
    TRANSFER_KIND_WARM: _ClassVar[TransferKind]
TRANSFER_KIND_UNSPECIFIED: TransferKind
TRANSFER_KIND_COLD: TransferKind
TRANSFER_KIND_WARM: TransferKind

class TransferTarget(_message.Message):
    __slots__ = ("name", "address", "send_digits", "timeout_s")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    SEND_DIGITS_FIELD_NUMBER: _ClassVar[int]
    TIMEOUT_S_FIELD_NUMBER: _ClassVar[int]
    name: str
    address: str
    send_digits: str
    timeout_s: int
    def __init__(self, name: _Optional[str] = ..., address: _Optional[str] = ..., send_digits: _Optional[str] = ..., timeout_s: _Optional[int] = ...) -> None: ...

class TransferRequested(_message.Message):
    __slots__ = ("tool_call_id", "kind", "targets", "after_reply_id", "caller_id", "return_after", "goodbye", "summary", "accept_prompt", "caller_gone", "language", "voice", "hold_music", "detect_machine")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    TARGETS_FIELD_NUMBER: _ClassVar[int]
    AFTER_REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    CALLER_ID_FIELD_NUMBER: _ClassVar[int]
    RETURN_AFTER_FIELD_NUMBER: _ClassVar[int]
    GOODBYE_FIELD_NUMBER: _ClassVar[int]
    SUMMARY_FIELD_NUMBER: _ClassVar[int]
    ACCEPT_PROMPT_FIELD_NUMBER: _ClassVar[int]
    CALLER_GONE_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    VOICE_FIELD_NUMBER: _ClassVar[int]
    HOLD_MUSIC_FIELD_NUMBER: _ClassVar[int]
    DETECT_MACHINE_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    kind: TransferKind
    targets: _containers.RepeatedCompositeFieldContainer[TransferTarget]
    after_reply_id: str
    caller_id: str
    return_after: bool
    goodbye: str
    summary: str
    accept_prompt: str
    caller_gone: str
    language: str
    voice: str
    hold_music: bool
    detect_machine: bool
    def __init__(self, tool_call_id: _Optional[str] = ..., kind: _Optional[_Union[TransferKind, str]] = ..., targets: _Optional[_Iterable[_Union[TransferTarget, _Mapping]]] = ..., after_reply_id: _Optional[str] = ..., caller_id: _Optional[str] = ..., return_after: _Optional[bool] = ..., goodbye: _Optional[str] = ..., summary: _Optional[str] = ..., accept_prompt: _Optional[str] = ..., caller_gone: _Optional[str] = ..., language: _Optional[str] = ..., voice: _Optional[str] = ..., hold_music: _Optional[bool] = ..., detect_machine: _Optional[bool] = ...) -> None: ...

class StreamRedirected(_message.Message):
    __slots__ = ("tool_call_id", "epoch", "until_ms", "withdrawn")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    epoch: int
    until_ms: int
    withdrawn: bool
    def __init__(self, tool_call_id: _Optional[str] = ..., epoch: _Optional[int] = ..., until_ms: _Optional[int] = ..., withdrawn: _Optional[bool] = ...) -> None: ...

class TelephonyAttempted(_message.Message):
    __slots__ = ("tool_call_id", "target")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    target: int
    def __init__(self, tool_call_id: _Optional[str] = ..., target: _Optional[int] = ...) -> None: ...

class TransferLegUpdated(_message.Message):
    __slots__ = ("tool_call_id", "target", "call_sid", "status")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    CALL_SID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    target: int
    call_sid: str
    status: str
    def __init__(self, tool_call_id: _Optional[str] = ..., target: _Optional[int] = ..., call_sid: _Optional[str] = ..., status: _Optional[str] = ...) -> None: ...

class TransferFinished(_message.Message):
    __slots__ = ("tool_call_id", "outcome", "target", "address", "joined_ms", "reason")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    JOINED_MS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    outcome: str
    target: str
    address: str
    joined_ms: int
    reason: str
    def __init__(self, tool_call_id: _Optional[str] = ..., outcome: _Optional[str] = ..., target: _Optional[str] = ..., address: _Optional[str] = ..., joined_ms: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class MessageRequested(_message.Message):
    __slots__ = ("tool_call_id", "to", "from_number", "body")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    TO_FIELD_NUMBER: _ClassVar[int]
    FROM_NUMBER_FIELD_NUMBER: _ClassVar[int]
    BODY_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    to: str
    from_number: str
    body: str
    def __init__(self, tool_call_id: _Optional[str] = ..., to: _Optional[str] = ..., from_number: _Optional[str] = ..., body: _Optional[str] = ...) -> None: ...

class MessageSent(_message.Message):
    __slots__ = ("tool_call_id", "message_sid", "failed", "code", "reason")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    MESSAGE_SID_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    message_sid: str
    failed: bool
    code: int
    reason: str
    def __init__(self, tool_call_id: _Optional[str] = ..., message_sid: _Optional[str] = ..., failed: _Optional[bool] = ..., code: _Optional[int] = ..., reason: _Optional[str] = ...) -> None: ...

class DtmfRequested(_message.Message):
    __slots__ = ("tool_call_id", "digits", "after_reply_id", "in_band")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    DIGITS_FIELD_NUMBER: _ClassVar[int]
    AFTER_REPLY_ID_FIELD_NUMBER: _ClassVar[int]
    IN_BAND_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    digits: str
    after_reply_id: str
    in_band: bool
    def __init__(self, tool_call_id: _Optional[str] = ..., digits: _Optional[str] = ..., after_reply_id: _Optional[str] = ..., in_band: _Optional[bool] = ...) -> None: ...

class DtmfSent(_message.Message):
    __slots__ = ("tool_call_id", "failed", "reason")
    TOOL_CALL_ID_FIELD_NUMBER: _ClassVar[int]
    FAILED_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    tool_call_id: str
    failed: bool
    reason: str
    def __init__(self, tool_call_id: _Optional[str] = ..., failed: _Optional[bool] = ..., reason: _Optional[str] = ...) -> None: ...
