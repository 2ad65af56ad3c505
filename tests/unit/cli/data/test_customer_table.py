"""Customers in CSV files, and what is wrong with some of them."""

import pytest

from cli.data.customer_table import read_csv
from cli.data.problems import ImportRefused
from parley.records.types import Customer


def test_rows_become_customers() -> None:
    """Numbers are in normal form; empty values and lines are left out."""
    text = 'id,Name,Number,Plan\n1,"Müller, Anna",+49 (0)30 1234; +15550100,Gold\n\n2,Bob,,\n'
    assert read_csv(text, "c.csv") == [
        Customer("1", ("+49301234", "+15550100"), {"name": "Müller, Anna", "plan": "Gold"}),
        Customer("2", (), {"name": "Bob"}),
    ]


def test_a_spreadsheet_in_another_language_has_semicolons() -> None:
    """Without an id, the number is the id; national numbers get the country code."""
    text = "Name;Phone;Date of birth\r\nAnna;030 123456;1990-01-01\r\n"
    assert read_csv(text, "c.csv", "49") == [
        Customer("+4930123456", ("+4930123456",), {"name": "Anna", "date_of_birth": "1990-01-01"})
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "c.csv:1: needs a line with the names of the columns"),
        ("id,name\n", "c.csv: contains no customers"),
        ("name,plan\nA,B\n", "c.csv:1: needs a column id or number"),
        ("id,id\n1,2\n", "c.csv:1: column 2: 'id' appears twice"),
        ("id,Größe?\n1,2\n", "c.csv:1: column 2: 'Größe?' must be a name of letters"),
        ("id,name\n1\n", "c.csv:2: has 1 columns, the first line has 2"),
        ("id,number\n1,030 123\n", "c.csv:2: column number: '030 123' has no country code"),
        ("id,number\n1,+49 call me\n", "c.csv:2: column number: '+49 call me' is not a telephone number"),
        ("id,number\n1,+1\n", "c.csv:2: column number: '+1' is not a telephone number"),
        ("id,name\n1,A\n1,B\n", "c.csv:3: column id: '1' is also in c.csv:2"),
        ("id,name\n,A\n", "c.csv:2: needs a value in the column id or number"),
        ('id,name\n1,"A\n', "c.csv: not valid CSV"),
        (f"id,name\n1,{'x' * 4001}\n", "c.csv:2: column name: over 4000 characters"),
    ],
)
def test_a_problem_names_its_row_and_column(text: str, problem: str) -> None:
    with pytest.raises(ImportRefused) as caught:
        read_csv(text, "c.csv")
    assert str(caught.value).startswith(problem)


def test_all_problems_are_reported_at_once_up_to_a_limit() -> None:
    text = "id,number\n" + "\n".join(f"{n},{n}" for n in range(1000, 1030))
    with pytest.raises(ImportRefused) as caught:
        read_csv(text, "c.csv")
    lines = str(caught.value).splitlines()
    assert len(lines) == 21
    assert lines[-1] == "and 10 more"
