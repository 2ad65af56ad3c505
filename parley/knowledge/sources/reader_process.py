"""Reads documents in another process, with limits of time and memory for each."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.knowledge.document import Document, Passage, UnreadableFile
from parley.knowledge.sources.worker import OUT_OF_MEMORY

DEFAULT_TIMEOUT_S = 60.0
DEFAULT_MEMORY_MB = 2048
_MAX_ANSWER_BYTES = 128 * 1024 * 1024
_MAX_FILES = 500
"""A process is replaced after this many files, so that what a parser leaks stays small."""


@dataclass(frozen=True, slots=True)
class ReadLimits:
    """Limits for reading one file."""

    timeout_s: float = DEFAULT_TIMEOUT_S
    memory_mb: int = DEFAULT_MEMORY_MB
    max_bytes: int = 20_000_000


class DocumentReader:
    """Reads one file at a time in a process, which is replaced when a file has broken it."""

    def __init__(self, limits: ReadLimits) -> None:
        self._limits = limits
        self._process: asyncio.subprocess.Process | None = None
        self._files = 0

    async def read(self, path: Path, name: str, language: str) -> Document:
        """Read a file.

        Raises:
            UnreadableFile: it cannot be indexed, or reading it takes too much time or memory.
        """
        request = {
            "path": os.fsencode(path).hex(),
            "name": name,
            "language": language,
            "max_bytes": self._limits.max_bytes,
        }
        process = await self._running()
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                answer = await _exchange(process, request)
        except TimeoutError:
            await self.close()
            raise UnreadableFile(
                f"reading it takes over {self._limits.timeout_s:g} s",
                "split it, save its text in another form, or raise the limit with --timeout",
            ) from None
        except BaseException:
            await self.close()
            raise
        if answer is None:
            await self.close()
            # A process at its limit of memory cannot always report that: some parsers abort.
            raise OUT_OF_MEMORY
        if answer.get("exit"):
            await self.close()
        if "reason" in answer:
            raise UnreadableFile(str(answer["reason"]), str(answer["remedy"]))
        passages = tuple(
            Passage(item["passage_id"], tuple(item["titles"]), item["text"], item["page"])
            for item in answer.pop("passages")
        )
        notes = tuple(answer.pop("notes"))
        return Document(**answer, passages=passages, notes=notes)

    async def close(self) -> None:
        """Stop the process."""
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _running(self) -> asyncio.subprocess.Process:
        self._files += 1
        if self._process is not None and (self._process.returncode is not None or self._files > _MAX_FILES):
            await self.close()
        if self._process is None:
            self._files = 1
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-W", "ignore", "-m", "parley.knowledge.sources.worker"),
                str(self._limits.memory_mb),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MAX_ANSWER_BYTES,
                start_new_session=True,
            )
        return self._process


async def _exchange(process: asyncio.subprocess.Process, request: dict[str, object]) -> dict[str, Any] | None:
    """Send a request and return the answer; None if the process has ended without one."""
    if process.stdin is None or process.stdout is None:
        raise RuntimeError("the process has no pipes")
    try:
        process.stdin.write(json.dumps(request).encode() + b"\n")
        await process.stdin.drain()
        line = await process.stdout.readline()
    except (ConnectionError, ValueError):
        return None
    if not line.endswith(b"\n"):
        return None
    return dict(json.loads(line))


@asynccontextmanager
async def open_reader(limits: ReadLimits) -> AsyncIterator[DocumentReader]:
    """Open a reader; its process is stopped at the end."""
    reader = DocumentReader(limits)
    try:
        yield reader
    finally:
        await reader.close()
