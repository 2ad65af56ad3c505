"""Reads customers from the rows of a table. No I/O."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping

from cli.data.problems import ImportRefused
from parley.records.numbers import normal_number
from parley.records.types import Customer

_FIELD = re.compile(r"[a-z][a-z0-9_]{0,62}")
_NUMBER_COLUMNS = frozenset({"number", "numbers", "phone", "telephone"})
_ID_COLUMN = "id"
_MAX_VALUE_CHARS = 4000
_MAX_ID_CHARS = 200


def read_csv(text: str, file: str, country_code: str = "") -> list[Customer]:
    """Read customers from CSV text with a header line; the separator is a comma, semicolon or tab.

    Raises:
        ImportRefused: with the row and the column of each problem.
    """
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise ImportRefused([f"{file}: not valid CSV: {error}"]) from None
    if not rows or not any(cell.strip() for cell in rows[0]):
        raise ImportRefused([f"{file}:1: needs a line with the names of the columns, such as id,name,number"])
    columns = [_column_name(cell) for cell in rows[0]]
    problems = list(_column_problems(columns, rows[0], file))
    if problems:
        raise ImportRefused(problems)
    return read_rows(_csv_rows(rows[1:], columns, file, problems), file, country_code, problems)


def _csv_rows(
    rows: Iterable[list[str]], columns: list[str], file: str, problems: list[str]
) -> Iterator[tuple[str, Mapping[str, str]]]:
    for line, row in enumerate(rows, 2):
        if not any(cell.strip() for cell in row):
            continue
        place = f"{file}:{line}"
        if len(row) != len(columns):
            problems.append(f"{place}: has {len(row)} columns, the first line has {len(columns)}")
            continue
        yield place, dict(zip(columns, row, strict=True))


def read_rows(
    rows: Iterable[tuple[str, Mapping[str, str]]], file: str, country_code: str, problems: list[str]
) -> list[Customer]:
    """Read customers from rows, each with its place in the file.

    Raises:
        ImportRefused: with the place and the column of each problem.
    """
    found: dict[str, tuple[str, Customer]] = {}
    for place, row in rows:
        customer = _customer(place, row, country_code, problems)
        if customer is None:
            continue
        if customer.customer_id in found:
            problems.append(
                f"{place}: column id: {customer.customer_id!r} is also in {found[customer.customer_id][0]}"
            )
        found.setdefault(customer.customer_id, (place, customer))
    if not found and not problems:
        problems.append(f"{file}: contains no customers")
    if problems:
        raise ImportRefused(problems)
    return [customer for _, customer in found.values()]


def _customer(place: str, row: Mapping[str, str], country_code: str, problems: list[str]) -> Customer | None:
    numbers: list[str] = []
    fields: dict[str, str] = {}
    before = len(problems)
    for column, value in row.items():
        text = value.strip()
        if len(text) > _MAX_VALUE_CHARS or "\x00" in text:
            problems.append(f"{place}: column {column}: over {_MAX_VALUE_CHARS} characters, or not text")
        elif column in _NUMBER_COLUMNS:
            numbers += _numbers(place, column, text, country_code, problems)
        elif column != _ID_COLUMN and text:
            fields[column] = text
    identity = row.get(_ID_COLUMN, "").strip() or (numbers[0] if numbers else "")
    if len(identity) > _MAX_ID_CHARS:
        problems.append(f"{place}: column id: over {_MAX_ID_CHARS} characters")
    if not identity and len(problems) == before:
        problems.append(f"{place}: needs a value in the column id or number")
    return Customer(identity, tuple(numbers), fields) if len(problems) == before else None


def _numbers(place: str, column: str, text: str, country_code: str, problems: list[str]) -> Iterator[str]:
    for part in (part.strip() for part in re.split(r"[;|,]", text)):
        if not part:
            continue
        number = normal_number(part, country_code)
        if not number.startswith("+"):
            problems.append(
                f"{place}: column {column}: {part!r} has no country code: write it like +15550100,"
                " or give --country-code"
            )
        elif not 4 <= len(number) <= 16 or re.search(r"[^\d\s()+./-]", part):
            problems.append(f"{place}: column {column}: {part!r} is not a telephone number")
        else:
            yield number


def _column_name(cell: str) -> str:
    return re.sub(r"[\s\-]+", "_", cell.strip().lower())


def _column_problems(columns: list[str], header: list[str], file: str) -> Iterator[str]:
    for number, (column, cell) in enumerate(zip(columns, header, strict=True), 1):
        if not _FIELD.fullmatch(column):
            yield f"{file}:1: column {number}: {cell!r} must be a name of letters, digits and underscores"
        elif column in columns[: number - 1]:
            yield f"{file}:1: column {number}: {cell!r} appears twice"
    if not _NUMBER_COLUMNS & set(columns) and _ID_COLUMN not in columns:
        yield f"{file}:1: needs a column id or number"
