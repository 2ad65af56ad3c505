"""One effect for each request: its result is written in the transaction of the effect."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import asyncpg
from pydantic import TypeAdapter

from parley.records.types import Request

Result = TypeVar("Result")

_FIND = "SELECT result FROM tool_effects WHERE call_sid = $1 AND tool_call_id = $2"
_CLAIM = """
INSERT INTO tool_effects (call_sid, tool_call_id, caller_number, result) VALUES ($1, $2, $3, 'null')
ON CONFLICT DO NOTHING RETURNING true
"""
_FINISH = "UPDATE tool_effects SET result = $3 WHERE call_sid = $1 AND tool_call_id = $2"


async def once(
    connection: asyncpg.Connection,
    request: Request,
    kind: TypeAdapter[Result],
    effect: Callable[[], Awaitable[Result]],
) -> Result:
    """Run `effect` in a transaction, or return the result that the request had before.

    A request that is being carried out elsewhere is waited for.
    """
    key = (request.call_sid, request.tool_call_id)
    if (stored := await connection.fetchval(_FIND, *key)) is not None:
        return kind.validate_json(stored)
    # At "read committed", a statement sees what another transaction committed while this one waited for it.
    async with connection.transaction(isolation="read_committed"):
        if not await connection.fetchval(_CLAIM, *key, request.caller_number):
            return kind.validate_json(await connection.fetchval(_FIND, *key))
        result = await effect()
        await connection.execute(_FINISH, *key, kind.dump_json(result).decode())
    return result
