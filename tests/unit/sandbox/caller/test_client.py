"""The control API's client without an emulator, and against failing ones."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from sandbox.caller.client import SandboxError, Telephone


@asynccontextmanager
async def telephone_to(respond: Callable[[httpx.Request], httpx.Response]) -> AsyncIterator[Telephone]:
    """A client with responses from a function."""
    transport = httpx.MockTransport(respond)
    async with httpx.AsyncClient(base_url="http://emulator", transport=transport) as client:
        yield Telephone(client, "http://emulator")


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (httpx.ReadTimeout("late"), "does not respond"),
        (httpx.RemoteProtocolError("cut"), "closed the connection"),
    ],
)
async def test_a_hung_emulator_and_a_stopped_one_give_different_errors(error: Exception, text: str) -> None:
    """Neither error can be mistaken for the end of a call."""

    def fail(_: httpx.Request) -> httpx.Response:
        raise error

    async with telephone_to(fail) as telephone:
        with pytest.raises(SandboxError, match=text):
            await telephone.report("CA1")
        with pytest.raises(SandboxError, match=text):
            assert [event async for event in telephone.events("CA1")] == []


async def test_the_event_stream_can_be_left_early() -> None:
    """The remaining events are not read."""
    lines = b'{"kind":"ringing"}\n\n{"kind":"ended"}\n'
    async with telephone_to(lambda _: httpx.Response(200, content=lines)) as telephone:
        events = telephone.events("CA1")
        first = await anext(events)
        await events.aclose()
        kinds = [event["kind"] async for event in telephone.events("CA1")]

    assert first == {"kind": "ringing"}
    assert kinds == ["ringing", "ended"]
