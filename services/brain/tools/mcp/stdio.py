"""The transport to an MCP server that is a child process: JSON messages, one a line, on stdin and stdout.

The SDK's own transport sets no limit on the length of a line, and logs lines that are not JSON.
"""

import asyncio
import os
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import anyio
import mcp_types
import structlog
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from mcp.shared.message import SessionMessage

log = structlog.get_logger()

_MAX_LINE_BYTES = 4 * 1024 * 1024
_MAX_INVALID_LINES = 100
"""Lines in succession that are not messages, after which the server counts as broken."""
_EXIT_TIMEOUT_S = 1.0
_STDERR_BYTES = 2000

_Incoming = MemoryObjectSendStream[SessionMessage | Exception]
_Outgoing = MemoryObjectReceiveStream[SessionMessage]


class StdioTransport:
    """A child process; `ended` is set when its output ends, and `error_output` has the end of its stderr."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._command = command
        self._environment = environment
        self.ended = asyncio.Event()
        self.error_output = ""

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[Any, Any]]:
        """Start the process, and stop it with all its children at the end.

        Raises:
            OSError: the program cannot be started.
        """
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            env=dict(self._environment),
            start_new_session=True,
            limit=_MAX_LINE_BYTES,
        )
        to_session, from_server = anyio.create_memory_object_stream[SessionMessage | Exception](0)
        to_server, from_session = anyio.create_memory_object_stream[SessionMessage](0)
        tasks = [
            asyncio.create_task(self._read(process, to_session)),
            asyncio.create_task(_write(process, from_session)),
            asyncio.create_task(self._read_errors(process)),
        ]
        try:
            yield from_server, to_server
        finally:
            for stream in (from_server, to_server):
                stream.close()
            await _stop(process)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            # Children that inherited the pipes may keep them open; asyncio has no public way to close them.
            transport = getattr(process, "_transport", None)
            if transport is not None:
                transport.close()

    async def _read(self, process: Process, to_session: _Incoming) -> None:
        invalid = 0
        try:
            async with to_session:
                while invalid < _MAX_INVALID_LINES and (line := await _line(process)):
                    message = _parsed(line)
                    if message is None:
                        invalid += 1
                        if invalid == 1:
                            log.warning("mcp_server_output_invalid", program=self._command[0])
                        continue
                    invalid = 0
                    await to_session.send(message)
        except (anyio.ClosedResourceError, anyio.BrokenResourceError):
            pass
        finally:
            self.ended.set()

    async def _read_errors(self, process: Process) -> None:
        if process.stderr is None:
            return
        while data := await process.stderr.read(_STDERR_BYTES):
            self.error_output = (self.error_output + data.decode(errors="replace"))[-_STDERR_BYTES:]


async def _line(process: Process) -> bytes:
    """The next line; empty at the end, and for a line that is too long, whose rest cannot be read."""
    if process.stdout is None:
        return b""
    try:
        return await process.stdout.readline()
    except (ValueError, OSError):
        log.warning("mcp_message_too_long", limit_bytes=_MAX_LINE_BYTES)
        return b""


def _parsed(line: bytes) -> SessionMessage | None:
    try:
        return SessionMessage(mcp_types.jsonrpc_message_adapter.validate_json(line, by_name=False))
    except ValueError:
        return None


async def _write(process: Process, from_session: _Outgoing) -> None:
    if process.stdin is None:
        return
    with suppress(anyio.ClosedResourceError, anyio.BrokenResourceError, OSError):
        async with from_session:
            async for message in from_session:
                text = message.message.model_dump_json(by_alias=True, exclude_unset=True)
                process.stdin.write(text.encode() + b"\n")
                await process.stdin.drain()


async def _stop(process: Process) -> None:
    """Close stdin, after which a server ends by itself; otherwise kill it, and its children in any case."""
    if process.stdin is not None:
        process.stdin.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(_EXIT_TIMEOUT_S):
            await process.wait()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(TimeoutError):
        async with asyncio.timeout(_EXIT_TIMEOUT_S):
            await process.wait()
