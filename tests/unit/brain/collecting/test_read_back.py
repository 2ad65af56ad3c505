"""Tests for the words with which values are read back."""

from datetime import date
from typing import Any

import pytest

from parley.agent_config import CollectedField
from services.brain.collecting.read_back import read_back, spelled
from services.brain.collecting.values import ValueContext


def words(kind: str, value: str, language: str = "en", region: str = "GB", **keys: Any) -> str:
    field = CollectedField.model_validate({"name": "f", "type": kind, **keys})
    return read_back(field, value, ValueContext(language, region, date(2026, 11, 28)))


@pytest.mark.parametrize(
    ("kind", "value", "language", "confirm", "spoken"),
    [
        ("phone", "+442079460018", "en", "read_back", "0 2 0, 7 9 4 6, 0 0 1 8"),
        ("phone", "+49301234567", "en", "read_back", "plus 4 9, 3 0, 1 2 3 4 5 6 7"),
        ("email", "ann.s@my-site.com", "en", "read_back", "ann dot s at my dash site dot com"),
        ("email", "ann@gmx.de", "de", "spell", "A, N, N at gmx Punkt de"),
        ("email", "ann.s@my-site.pl", "pl-PL", "read_back", "ann kropka s małpa my myślnik site kropka pl"),
        ("email", "ann@gmx.no", "nb-NO", "read_back", "ann krøllalfa gmx punktum no"),
        ("date", "2026-12-01", "en", "read_back", "Tuesday, December 1, 2026"),
        ("date", "2026-12-01", "de", "read_back", "Dienstag, 1. Dezember 2026"),
        ("name", "Ann Lee", "en", "spell", "Ann Lee: A, N, N; L, E, E"),
        ("name", "Ann Lee", "en", "read_back", "Ann Lee"),
        ("text", "x" * 61, "en", "spell", "x" * 61),
        ("time", "15:30", "en", "read_back", "15:30"),
    ],
)
def test_values_are_read_back_in_the_language(
    kind: str, value: str, language: str, confirm: str, spoken: str
) -> None:
    """Numbers in groups, names letter by letter if the agent file requests it."""
    assert words(kind, value, language, confirm=confirm) == spoken


def test_signs_have_names() -> None:
    """A voice would leave them out."""
    assert spelled("O'Neill-Jones", "en") == "O, apostrophe, N, E, I, L, L, dash, J, O, N, E, S"
