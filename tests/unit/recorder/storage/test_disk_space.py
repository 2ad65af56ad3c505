"""The space that is left for recordings."""

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
import structlog
from prometheus_client import CollectorRegistry

from services.recorder.storage import disk_space
from services.recorder.storage.disk_space import DiskSpace
from tests.eventually import eventually


@asynccontextmanager
async def watched(url: str) -> AsyncIterator[CollectorRegistry]:
    """The registry of a process that measures the space of a URL."""
    registry = CollectorRegistry()
    watching = asyncio.create_task(DiskSpace(url, registry).watch())
    try:
        yield registry
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def free(registry: CollectorRegistry) -> float | None:
    return registry.get_sample_value("parley_recordings_free_ratio")


async def test_the_free_share_of_the_folder_is_measured(tmp_path: Path) -> None:
    """The folder's name may have any characters."""
    folder = tmp_path / "a b"
    folder.mkdir()
    async with watched(folder.as_uri()) as registry:
        assert 0 <= await eventually(lambda: free(registry)) <= 1


async def test_a_bucket_has_no_free_share() -> None:
    """The metric is missing."""
    async with watched("s3://bucket/prefix") as registry:
        await asyncio.sleep(0)
        assert free(registry) is None


async def test_a_disk_that_does_not_respond_has_no_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last value would hide the problem; a missing folder is logged too."""
    monkeypatch.setattr(disk_space, "_POLL_INTERVAL_S", 0.01)
    monkeypatch.setattr(disk_space, "_TIMEOUT_S", 0.01)
    responds = threading.Event()
    responds.set()

    def disk_usage(_folder: Path) -> SimpleNamespace:
        if not responds.wait(5):
            raise OSError
        return SimpleNamespace(free=1, total=4)

    monkeypatch.setattr(shutil, "disk_usage", disk_usage)
    with structlog.testing.capture_logs() as lines:
        async with watched(tmp_path.as_uri()) as registry:
            await eventually(lambda: free(registry) == 0.25)
            responds.clear()
            await eventually(lambda: free(registry) is None)
            responds.set()
            await eventually(lambda: free(registry) == 0.25)

    assert {line["event"] for line in lines} == {"recordings_disk_unresponsive"}
