"""Files with customers and calendars, and what is wrong with some of them."""

from pathlib import Path

import pytest

from cli.data.import_file import read_file
from cli.data.problems import ImportRefused

CALENDARS = """
calendars:
  - name: dr_miller
    zone: Europe/Berlin
    hours: {monday: ["09:00-12:00"]}
customers:
  - {id: 7, name: Anna, numbers: ["+15550100", "+15550101"]}
"""


def write(folder: Path, text: str | bytes, name: str = "data.yaml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_one_file_may_have_both(tmp_path: Path) -> None:
    """A value that YAML reads as a number is a text."""
    content = read_file(write(tmp_path, CALENDARS))
    assert [calendar.name for calendar in content.calendars] == ["dr_miller"]
    assert [(one.customer_id, one.numbers) for one in content.customers] == [
        ("7", ("+15550100", "+15550101"))
    ]


def test_a_byte_order_mark_is_no_part_of_a_column(tmp_path: Path) -> None:
    content = read_file(write(tmp_path, b"\xef\xbb\xbfid,name\n1,Anna\n", "c.csv"))
    assert content.customers[0].customer_id == "1"


@pytest.mark.parametrize(
    ("text", "name", "problem"),
    [
        ("a: [", "d.yaml", "not valid YAML"),
        ("{}", "d.yaml", "must have the keys"),
        ("- 1", "d.yaml", "must have the keys `calendars` or `customers`"),
        ("calendar: []", "d.yaml", "must have the keys"),
        ("calendars: 1", "d.yaml", "calendars: must be a list"),
        ("calendars: [{name: a, hours: {monday: [x]}}]", "d.yaml", "calendars.0.zone (a): Field required"),
        ("customers: [1]", "d.yaml", "customers.0: must have keys such as"),
        ("customers: [{id: 1, number: 15550100}]", "d.yaml", "customers.0.number: put the number in quotes"),
        ("customers: [{id: 1, name: {a: b}}]", "d.yaml", "customers.0.name: must be one value"),
        ("x", "d.pdf", "must be a .csv or .yaml file"),
        (b"id,name\n1,M\xfcller\n", "c.csv", "c.csv:2: not UTF-8"),
    ],
)
def test_a_problem_names_its_place(tmp_path: Path, text: str | bytes, name: str, problem: str) -> None:
    with pytest.raises(ImportRefused, match=problem.replace("(", r"\(").replace(")", r"\)")):
        read_file(write(tmp_path, text, name))


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ImportRefused, match="cannot be read: No such file"):
        read_file(tmp_path / "c.csv")
