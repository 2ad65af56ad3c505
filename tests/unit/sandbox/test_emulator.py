"""The journal and the runtime settings of the emulators."""

import pytest
from pydantic import BaseModel, Field, ValidationError

from sandbox import emulator
from sandbox.emulator import Journal, RuntimeSettings


class Example(BaseModel):
    """Settings of an emulator."""

    delay_ms: float = Field(default=10, ge=0)
    fault: str = ""


def test_entries_are_numbered_and_read_from_a_number_on() -> None:
    """A reader continues after the last entry that it has."""
    journal = Journal()
    journal.note("request", model="m")
    journal.note("first_token", at_us=5)
    assert [entry["kind"] for entry in journal.since(0)] == ["request", "first_token"]
    assert journal.since(1) == [{"n": 2, "at_us": 5, "kind": "first_token"}]


def test_the_oldest_entries_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers continue."""
    monkeypatch.setattr(emulator, "_MAX_ENTRIES", 2)
    journal = Journal()
    for _ in range(3):
        journal.note("request")
    assert [entry["n"] for entry in journal.since(0)] == [2, 3]


def test_some_settings_are_replaced() -> None:
    """The others keep their values."""
    settings = RuntimeSettings(Example())
    settings.update({"fault": "hang"})
    assert settings.current == Example(delay_ms=10, fault="hang")


def test_an_invalid_change_changes_nothing() -> None:
    """An unknown name and an invalid value are rejected."""
    settings = RuntimeSettings(Example())
    with pytest.raises(ValueError, match="unknown setting 'no_such'"):
        settings.update({"no_such": 1, "fault": "hang"})
    with pytest.raises(ValidationError):
        settings.update({"delay_ms": -1})
    assert settings.current == Example()
