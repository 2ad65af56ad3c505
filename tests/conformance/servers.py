"""Emulators with a relay before them, and their faults."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager
from typing import Any

from starlette.types import ASGIApp

from parley.providers.conformance import Fault, Relay, ServerFault, open_relay
from parley.providers.registry import ProviderContext
from parley.runtime.health import serve
from sandbox.emulator import RuntimeSettings
from tests.unit.parley.providers.doubles import make_telemetry


@asynccontextmanager
async def relayed(app: ASGIApp) -> AsyncIterator[Relay]:
    """Serve an emulator behind a relay."""
    async with serve(app, "127.0.0.1", 0) as port, open_relay(port) as relay:
        yield relay


def faults(settings: RuntimeSettings[Any], changes: Mapping[Fault, Mapping[str, Any]]) -> ServerFault:
    """Cause faults by changes of an emulator's settings."""

    def cause(fault: Fault) -> AbstractContextManager[None] | None:
        return _changed(settings, changes[fault]) if fault in changes else None

    return cause


@contextmanager
def _changed(settings: RuntimeSettings[Any], changes: Mapping[str, Any]) -> Iterator[None]:
    before = {name: getattr(settings.current, name) for name in changes}
    settings.update(dict(changes))
    try:
        yield
    finally:
        settings.update(before)


def context() -> ProviderContext:
    """The context of a process."""
    return ProviderContext(make_telemetry())
