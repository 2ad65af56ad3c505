"""Encodes a stage's state for a snapshot, by the types of its dataclasses. No I/O.

The encoding contains no field names: its version is a hash of all types, and bytes of another version are
never decoded. Supported are dataclasses, tuples, lists, sets, mappings, enumerations, protobuf messages,
plain values, optional values and unions of these.
"""

import base64
import enum
import hashlib
import json
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, fields, is_dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from google.protobuf.message import Message

S = TypeVar("S")

_PLAIN = (str, int, float, bool, type(None))
_COLLECTIONS: Mapping[Any, type] = {
    tuple: tuple,
    list: list,
    Sequence: tuple,
    set: set,
    frozenset: frozenset,
    AbstractSet: frozenset,
}
_Convert = Callable[[Any], Any]


class StateNotReadable(ValueError):
    """The bytes are not a state of this version."""


@dataclass(frozen=True, slots=True)
class StateCodec(Generic[S]):
    """Converts a state to bytes and back. The bytes may contain personal text: they are never logged."""

    version: str
    """Differs between all shapes of the state, and between all values of `fold_number`."""
    _type: "_Type"

    def encode(self, state: S) -> bytes:
        """The state as bytes."""
        return json.dumps(self._type.encode(state), separators=(",", ":")).encode()

    def decode(self, data: bytes) -> S:
        """The state that was encoded.

        Raises:
            StateNotReadable: the bytes were not encoded by this version.
        """
        try:
            return self._type.decode(json.loads(data))  # type: ignore[no-any-return] # it is of the type S
        except Exception as error:  # anything: the bytes are not to be trusted
            # Without the original error: its text may quote the state.
            raise StateNotReadable(type(error).__name__) from None


def dataclass_codec(of: type[S], *, fold_number: int = 1) -> StateCodec[S]:
    """A codec for states of one dataclass.

    Increase `fold_number` when the fold changes in such a way that the same events lead to another state.

    Raises:
        TypeError: a field has a type that is not supported.
    """
    compiler = _Compiler()
    root = compiler.type_of(of)
    text = "\n".join((str(fold_number), root.shape, *sorted(compiler.definitions)))
    return StateCodec(hashlib.sha256(text.encode()).hexdigest()[:32], root)


def _same(value: Any) -> Any:
    return value


@dataclass(slots=True)
class _Type:
    """How values of one type are converted to JSON values and back."""

    shape: str
    """Describes the type, or names its definition."""
    encode: _Convert = _same
    decode: _Convert = _same


@dataclass(slots=True)
class _Compiler:
    """Builds the conversion of a type from its parts."""

    definitions: list[str] = field(default_factory=list)
    """The members of each dataclass, in the version's text."""
    _classes: dict[type, _Type] = field(default_factory=dict)

    def type_of(self, of: Any) -> _Type:
        """The conversion of a type."""
        if of is None or of in _PLAIN:
            return _Type(getattr(of, "__name__", "NoneType"))
        if get_origin(of) is not None:
            return self._generic(of, get_origin(of), get_args(of))
        if not isinstance(of, type):
            raise _unsupported(of)
        if of in (bytes, bytearray):
            return _Type(
                of.__name__,
                lambda value: base64.b64encode(value).decode(),
                lambda text: of(base64.b64decode(text)),
            )
        if issubclass(of, enum.Enum):
            members = ",".join(f"{member.name}={member.value!r}" for member in of)
            return _Type(f"enum({members})", lambda value: value.name, lambda name: of[name])
        if issubclass(of, Message):
            return _message(of)
        if is_dataclass(of):
            return self._classes.get(of) or self._dataclass(of)
        raise _unsupported(of)

    def _generic(self, of: Any, origin: Any, arguments: tuple[Any, ...]) -> _Type:
        if origin is typing.Literal:
            return _Type(f"literal{arguments}")
        if origin in (Union, types.UnionType):
            return self._union(arguments)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return _fixed_tuple([self.type_of(one) for one in arguments])
        if origin in _COLLECTIONS:
            return _collection(_COLLECTIONS[origin], self.type_of(arguments[0]))
        if origin in (dict, Mapping):
            return _mapping(self.type_of(arguments[0]), self.type_of(arguments[1]))
        raise _unsupported(of)

    def _dataclass(self, of: type) -> _Type:
        name = f"{of.__module__}.{of.__qualname__}"
        own = _Type(name)
        # A type may contain itself; its parts look up the conversion that is set below.
        self._classes[of] = _late(own)
        members = fields(of)
        if not all(member.init for member in members):
            raise TypeError(f"{name} has a field that its constructor does not take")
        hints = get_type_hints(of)
        parts = [self.type_of(hints[member.name]) for member in members]
        shapes = ",".join(f"{m.name}:{part.shape}" for m, part in zip(members, parts, strict=True))
        self.definitions.append(f"{name}({shapes})")
        own.encode, own.decode = _member_conversions(of, [member.name for member in members], parts)
        self._classes[of] = own
        return own

    def _union(self, members: Sequence[Any]) -> _Type:
        """Plain values are stored unchanged, others with the index of their type."""
        parts = [self.type_of(member) for member in members]
        if all(member in _PLAIN for member in members):
            return _Type(f"union({','.join(part.shape for part in parts)})")
        classes = [get_origin(member) or member for member in members]
        tags = {_COLLECTIONS.get(cls, cls): tag for tag, cls in enumerate(classes)}
        if len(tags) != len(members) or any(cls in (dict, Mapping) for cls in classes):
            raise TypeError(f"the types {members} cannot be distinguished")

        def encode(value: Any) -> Any:
            if value is None:
                return None
            tag = tags[type(value)]
            return [tag, parts[tag].encode(value)]

        def decode(value: Any) -> Any:
            return None if value is None else parts[value[0]].decode(value[1])

        return _Type(f"union({','.join(part.shape for part in parts)})", encode, decode)


def _unsupported(of: Any) -> TypeError:
    return TypeError(f"{of!r} cannot be part of a stored state")


def _late(of: _Type) -> _Type:
    """The same type; its conversions may be set later."""

    def encode(value: Any) -> Any:
        return of.encode(value)

    def decode(value: Any) -> Any:
        return of.decode(value)

    return _Type(of.shape, encode, decode)


def _member_conversions(of: type, names: Sequence[str], parts: Sequence[_Type]) -> tuple[_Convert, _Convert]:
    """How a dataclass is converted to the list of its members and back."""
    get = attrgetter(*names) if len(names) > 1 else None
    encoders = [(at, part.encode) for at, part in enumerate(parts) if part.encode is not _same]
    decoders = [(at, part.decode) for at, part in enumerate(parts) if part.decode is not _same]

    def encode(value: Any) -> Any:
        members = list(get(value)) if get else [getattr(value, name) for name in names]
        for at, convert in encoders:
            members[at] = convert(members[at])
        return members

    def decode(members: Any) -> Any:
        if len(members) != len(names):
            raise StateNotReadable(of.__name__)
        for at, convert in decoders:
            members[at] = convert(members[at])
        return of(*members)

    return encode, decode


def _collection(of: type, item: _Type) -> _Type:
    encode, decode = item.encode, item.decode
    if encode is _same and decode is _same:
        return _Type(f"{of.__name__}({item.shape})", list, of)
    return _Type(
        f"{of.__name__}({item.shape})",
        lambda values: [encode(value) for value in values],
        lambda values: of([decode(value) for value in values]),
    )


def _fixed_tuple(items: Sequence[_Type]) -> _Type:
    def encode(values: Any) -> Any:
        return [item.encode(value) for item, value in zip(items, values, strict=True)]

    def decode(values: Any) -> Any:
        return tuple(item.decode(value) for item, value in zip(items, values, strict=True))

    return _Type(f"({','.join(item.shape for item in items)})", encode, decode)


def _mapping(key: _Type, value: _Type) -> _Type:
    def encode(mapping: Any) -> Any:
        return [[key.encode(one), value.encode(other)] for one, other in mapping.items()]

    def decode(pairs: Any) -> Any:
        return {key.decode(one): value.decode(other) for one, other in pairs}

    return _Type(f"mapping({key.shape},{value.shape})", encode, decode)


def _message(of: type[Message]) -> _Type:
    # Without its fields: protobuf itself reads messages of other versions.
    return _Type(
        f"message {of.DESCRIPTOR.full_name}",
        lambda message: base64.b64encode(message.SerializeToString()).decode(),
        lambda text: of.FromString(base64.b64decode(text)),
    )
