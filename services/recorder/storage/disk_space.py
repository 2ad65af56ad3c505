"""Exports how much space is left on the disk with the recordings."""

import asyncio
import shutil
from pathlib import Path
from urllib.parse import unquote, urlsplit

import structlog
from prometheus_client import CollectorRegistry

from parley.telemetry.catalogue.recording import RECORDINGS_FREE
from parley.telemetry.collected import Collected

log = structlog.get_logger()

_POLL_INTERVAL_S = 15.0
_TIMEOUT_S = 10.0


class DiskSpace:
    """The free share of the disk of a folder; missing for a bucket, and while the disk does not respond."""

    def __init__(self, url: str, registry: CollectorRegistry) -> None:
        parts = urlsplit(url)
        self._folder = Path(unquote(parts.path)) if parts.scheme == "file" else None
        self._free: float | None = None
        registry.register(Collected(RECORDINGS_FREE, lambda: {} if self._free is None else {(): self._free}))

    async def watch(self) -> None:
        """Long-lived: measure every 15 s."""
        if self._folder is None:
            return
        while True:
            await self._measure(self._folder)
            await asyncio.sleep(_POLL_INTERVAL_S)

    async def _measure(self, folder: Path) -> None:
        # In a thread, because a network disk may block; there is never more than one.
        measuring = asyncio.ensure_future(asyncio.to_thread(shutil.disk_usage, folder))
        await asyncio.wait([measuring], timeout=_TIMEOUT_S)
        if not measuring.done():
            self._free = None
            log.error("recordings_disk_unresponsive", folder=str(folder), waited_s=_TIMEOUT_S)
        try:
            usage = await measuring
        except OSError as error:
            self._free = None
            log.error("recordings_disk_unreadable", folder=str(folder), error=str(error))
        else:
            self._free = usage.free / usage.total if usage.total else None
