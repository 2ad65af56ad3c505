"""The waiting and the redirects of one call's line."""

import asyncio
from typing import Any

import pytest

from parley.errors import ProviderError, ProviderRejected, ProviderTimeout
from parley.events.envelope import Body
from parley.v1.telephony_pb2 import StreamRedirected
from services.edge.telephony.line import CallLine, Closing
from services.edge.telephony.requests import TelephonyState

TIMEOUT = ProviderTimeout("twilio", "late")


class FakeLog:
    """A log that stores what is appended."""

    def __init__(self) -> None:
        self.call_sid, self.epoch = "CA1", 3
        self.bodies: list[Body] = []

    async def append(self, body: Body) -> None:
        """Store a copy."""
        stored = type(body)()
        stored.CopyFrom(body)  # type: ignore[arg-type] # of the same type
        self.bodies.append(stored)

    async def ready_for_side_effects(self) -> bool:
        """The bus is reachable."""
        return True


class FakeTwilio:
    """Twilio's answers to updates of the call, one each."""

    def __init__(self, *answers: bool | ProviderError) -> None:
        self.answers = list(answers)

    async def redirect_once(self, *_: str) -> bool:
        """Give the next answer."""
        answer = self.answers.pop(0)
        if isinstance(answer, ProviderError):
            raise answer
        return answer


def line_with(*answers: bool | ProviderError) -> tuple[CallLine, FakeLog, FakeTwilio]:
    """A line whose Twilio answers so."""
    log, twilio = FakeLog(), FakeTwilio(*answers)
    nothing: Any = None
    line = CallLine(nothing, log, twilio, nothing, nothing, nothing, "", TelephonyState())  # type: ignore[arg-type] # fakes
    return line, log, twilio


async def test_a_redirect_is_logged_before_it_is_made() -> None:
    """The next edge sees it even if this one dies at once."""
    line, log, _ = line_with(True)

    assert await line.redirect("t", "<Response/>", 9000) == ""
    assert log.bodies == [StreamRedirected(tool_call_id="t", epoch=3, until_ms=9000)]
    assert line.redirecting


async def test_a_refused_redirect_is_withdrawn() -> None:
    """The stream stays open."""
    line, log, _ = line_with(ProviderRejected("twilio", "no"))

    assert "refused" in await line.redirect("t", "<Response/>", 9000)
    assert [body.withdrawn for body in log.bodies if isinstance(body, StreamRedirected)] == [False, True]
    assert not line.redirecting


async def test_without_an_answer_the_end_of_the_stream_shows_the_effect() -> None:
    """It is not requested again."""
    line, _, twilio = line_with(TIMEOUT, True)
    line.stream_stopped()

    assert await line.redirect("t", "<Response/>", 9000) == ""
    assert len(twilio.answers) == 1


async def test_a_redirect_of_an_ended_call_ends_the_request() -> None:
    """The caller has hung up."""
    line, _, _ = line_with(False)

    with pytest.raises(Closing):
        await line.redirect("t", "<Response/>", 9000)


async def test_a_wait_ends_with_the_value_the_timeout_or_the_line() -> None:
    """Each event wakes it."""
    line, _, _ = line_with()
    found: list[int] = []
    waiting = asyncio.create_task(line.until(lambda: found[0] if found else None, 5))
    await asyncio.sleep(0)
    found.append(7)
    line.wake()

    assert await waiting == 7
    assert await line.until(lambda: found[9] if len(found) > 9 else None, 0.01) is None
    closed = asyncio.create_task(line.until(lambda: found[9] if len(found) > 9 else None, 5))
    await asyncio.sleep(0)
    line.close()
    with pytest.raises(Closing):
        await closed
