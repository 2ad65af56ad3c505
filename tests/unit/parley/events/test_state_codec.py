"""States are stored by their types, and never read by another version."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, make_dataclass
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.events.state_codec import StateNotReadable, dataclass_codec
from parley.v1.speech_pb2 import TurnEnded


class Mood(enum.Enum):
    """How a person feels."""

    GOOD = "good"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Caller:
    """A person."""

    name: str
    mood: Mood = Mood.GOOD


@dataclass(frozen=True, slots=True)
class Agent:
    """A machine, with the same members as a person."""

    name: str
    mood: Mood = Mood.GOOD


@dataclass(slots=True)
class Tree:
    """A type that contains itself."""

    children: list["Tree"] = field(default_factory=list)
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Everything:
    """A state with every supported type."""

    number: int = 0
    share: float = 0.0
    flag: bool = False
    raw: bytes = b""
    audio: bytearray = field(default_factory=bytearray)
    speakers: tuple[Caller | Agent, ...] = ()
    pair: tuple[int, str] = (0, "")
    numbers: frozenset[int] = frozenset()
    by_turn: Mapping[int, Caller] = field(default_factory=dict)
    last: Caller | None = None
    either: int | str | None = None
    options: tuple[str, ...] | None = None
    tree: Tree = field(default_factory=Tree)
    event: TurnEnded | None = None
    kind: Literal["a", "b"] = "a"


TREES = st.recursive(st.builds(Tree), lambda trees: st.builds(Tree, st.lists(trees, max_size=2)))
PEOPLE = st.builds(Caller) | st.builds(Agent)
EVERYTHING = st.builds(
    Everything,
    share=st.floats(allow_nan=False),
    speakers=st.lists(PEOPLE).map(tuple),
    last=st.none() | st.builds(Caller),
    options=st.none() | st.lists(st.text()).map(tuple),
    tree=TREES,
    event=st.none()
    | st.builds(TurnEnded, turn=st.integers(0, 9), text=st.text(st.characters(codec="utf-8"))),
)


@given(state=EVERYTHING)
def test_a_state_is_read_as_it_was_stored(state: Everything) -> None:
    """Members of a union keep their type, even with the same members."""
    codec = dataclass_codec(Everything)
    read = codec.decode(codec.encode(state))

    assert read == state
    assert [type(one) for one in read.speakers] == [type(one) for one in state.speakers]
    assert all(type(getattr(read, f.name)) is type(getattr(state, f.name)) for f in fields(state))


def test_any_change_of_a_type_changes_the_version() -> None:
    """Names, types and order of members, at any depth, and the number of the fold."""

    def version(member: str, of: Any, fold_number: int = 1) -> str:
        inner = make_dataclass("Inner", [(member, of)], frozen=True)
        outer = make_dataclass("Outer", [("inner", tuple[inner, ...])], frozen=True)  # type: ignore[valid-type]
        return dataclass_codec(outer, fold_number=fold_number).version

    versions = [
        version("a", int),
        version("b", int),
        version("a", str),
        version("a", int | None),
        version("a", tuple[int, ...]),
        version("a", Mood),
        version("a", Literal["x"]),
        version("a", Literal["y"]),
        version("a", Caller | Agent),
        version("a", Agent | Caller),
        version("a", int, fold_number=2),
    ]
    assert len(set(versions)) == len(versions)
    assert version("a", int) == version("a", int)


def test_the_version_contains_the_members_of_an_enumeration() -> None:
    """A renamed member could not be read."""
    versions = {
        dataclass_codec(make_dataclass("S", [("mood", enum.Enum("Mood", names))])).version  # type: ignore[misc]
        for names in ("GOOD BAD", "BAD GOOD", "GOOD")
    }
    assert len(versions) == 3


@pytest.mark.parametrize("of", [object, Any, complex, "unknown", int | Mapping[str, int], dict])
def test_a_type_that_cannot_be_stored_is_refused_at_once(of: Any) -> None:
    """The error comes when the service starts, not during a call."""
    with pytest.raises((TypeError, NameError)):
        dataclass_codec(make_dataclass("S", [("member", of)]))


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"{}", b"[]", b"null", b"[[[1]]]", b"[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15]"]
)
def test_other_bytes_are_not_read(data: bytes) -> None:
    """The error does not quote them."""
    with pytest.raises(StateNotReadable) as error:
        dataclass_codec(Everything).decode(data)
    assert error.value.__cause__ is None


@given(data=st.binary(max_size=200))
def test_no_bytes_raise_another_error(data: bytes) -> None:
    """A damaged snapshot leads to a whole fold."""
    with pytest.raises(StateNotReadable):
        dataclass_codec(Everything).decode(data)
