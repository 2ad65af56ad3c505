"""Shared parts of the tools that keep records: the backend, the request, and the backend's failures."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import structlog

from parley.agent_config.tools import RecordsTool
from parley.errors import ConfigError
from parley.records.interfaces import RecordsUnavailable
from parley.records.numbers import caller_number
from parley.records.types import Request
from parley.v1.call_pb2 import DIRECTION_OUTBOUND
from services.brain.tool_call import ToolCall
from services.brain.tools import ToolFailed
from services.brain.tools.context import ToolContext

log = structlog.get_logger()

TOOL_TIMEOUT_S = 6.0
"""Time limit of one tool call; the built-in backend gives up earlier, with a reason."""

Interface = TypeVar("Interface")


def prepare(section: RecordsTool, context: ToolContext) -> None:
    """Begin to connect in the background, so that the first tool call does not have to."""
    if section.needs_database:
        context.database.start()


@asynccontextmanager
async def opened(
    section: RecordsTool, context: ToolContext, interface: type[Interface]
) -> AsyncIterator[Interface]:
    """The section's backend; what it raises becomes ToolFailed with a reason for the model."""
    try:
        yield await context.resources.records.get(section.backend, section.options, interface)
    except RecordsUnavailable as error:
        log.error("records_unavailable", tool=section.type, backend=section.backend, error=str(error))
        raise ToolFailed("the records cannot be reached at the moment; nothing was stored") from error
    except ConfigError as error:
        log.error("records_backend_refused", tool=section.type, backend=section.backend, error=str(error))
        raise ToolFailed("this is not set up correctly; nothing was stored") from error
    except ValueError as error:
        raise ToolFailed(str(error)) from error


def caller_of(context: ToolContext) -> str:
    """Return the number of the person on the phone; empty if it is withheld."""
    started = context.started
    is_outbound = started.direction == DIRECTION_OUTBOUND
    return caller_number(started.to_number if is_outbound else started.from_number)


def request_of(call: ToolCall, context: ToolContext) -> Request:
    """Return the request of a tool call."""
    return Request(context.call_sid, call.tool_call_id, caller_of(context), context.agent.name)
