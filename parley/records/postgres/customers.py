"""The customers in the database."""

import json
from collections.abc import Iterable, Mapping

import asyncpg

from parley.records.numbers import comparable
from parley.records.types import Customer

_BY_NUMBER = "SELECT id, numbers, fields FROM customers WHERE numbers @> ARRAY[$1] AND search @> $2 LIMIT $3"
_BY_FIELDS = "SELECT id, numbers, fields FROM customers WHERE search @> $1 LIMIT $2"
_PUT = """
INSERT INTO customers (id, numbers, fields, search) VALUES ($1, $2, $3, $4)
ON CONFLICT (id) DO UPDATE SET numbers = excluded.numbers, fields = excluded.fields, search = excluded.search,
    updated_at = now()
"""


async def find_customers(
    connection: asyncpg.Connection, number: str, fields: Mapping[str, str], limit: int
) -> list[Customer]:
    """Return customers that have the number, if it is not empty, and all of the fields' values."""
    wanted = _searchable(fields)
    if not number and not wanted:
        return []
    search = json.dumps(wanted)
    query = (_BY_NUMBER, number, search, limit) if number else (_BY_FIELDS, search, limit)
    rows = await connection.fetch(*query)
    return [Customer(row["id"], tuple(row["numbers"]), json.loads(row["fields"])) for row in rows]


async def put_customers(connection: asyncpg.Connection, customers: Iterable[Customer]) -> None:
    """Store customers, replacing those with the same id."""
    await connection.executemany(
        _PUT,
        (
            (
                customer.customer_id,
                list(customer.numbers),
                json.dumps(dict(customer.fields)),
                json.dumps(_searchable(customer.fields)),
            )
            for customer in customers
        ),
    )


def _searchable(fields: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, value in fields.items() if (text := comparable(value))}
