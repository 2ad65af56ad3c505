"""Tests of the resumption of a call after a lost stream."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from prometheus_client import CollectorRegistry

from parley.agent_store import AgentStore
from parley.bus import Bus, Liveness
from parley.clock import now_us
from parley.errors import ProviderUnavailable
from parley.v1.call_pb2 import StreamResuming
from services.edge.calls import call_agent, fallback, resumption
from services.edge.calls.call_state import CallState
from services.edge.calls.resumption import StreamResumer
from services.edge.metrics import EdgeMetrics
from services.edge.settings import EdgeSettings
from services.edge.twilio.accounts import TwilioAccounts
from services.edge.twilio.request_gate import TwilioRequestGate
from services.edge.twilio.twiml import Attempt, PublicUrls

SID = f"CA{1:032x}"
URLS = PublicUrls("https://example.com")
CALL = CallState(now_us(), "clinic", URLS.base, stream_epoch=1, stream_position=2, stream_sid="MZ1")


def resuming(method: str, *, age_s: float = 0.0) -> CallState:
    """The call, with an attempt to resume its stream."""
    attempt = StreamResuming(epoch=1, method=method)
    return replace(CALL, resuming=attempt, resuming_at_us=now_us() - round(age_s * 1e6), resuming_position=3)


@dataclass
class FakeRequests:
    """Liveness checks with a fixed result."""

    result: Liveness = Liveness.GONE

    async def liveness(self, _subject: str) -> Liveness:
        """Return the result."""
        return self.result


@dataclass
class Backend:
    """The call's log, its stream's liveness and Twilio's REST API."""

    call: CallState | None = CALL
    requests: FakeRequests = field(default_factory=FakeRequests)
    claimable: bool = True
    rest_failures: int = 0
    in_progress: bool = True
    claims: list[tuple[str, bool]] = field(default_factory=list)
    redirects: int = 0
    ends: list[str] = field(default_factory=list)
    proven: bool = True
    failures: list[tuple[str, int]] = field(default_factory=list)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        self.metrics = EdgeMetrics(self.registry)

    async def load(self, _bus: object, _call_sid: str) -> CallState | None:
        """Load the state of the call."""
        return self.call

    async def claim(
        self, _bus: object, _call_sid: str, _call: CallState, method: str, *, edge_stalled: bool = False
    ) -> bool:
        """Claim a resumption."""
        self.claims.append((method, edge_stalled))
        return self.claimable

    async def changed_language(self, _bus: object, _call_sid: str) -> str:
        """The language to which the call has changed: none."""
        return ""

    async def end(self, _bus: object, _call_sid: str, reason: str) -> bool:
        """Append the call's end."""
        self.ends.append(reason)
        return True

    async def redirect(self, _call_sid: str, _twiml: str) -> bool:
        """Redirect the call; fails `rest_failures` times."""
        self.redirects += 1
        if self.redirects <= self.rest_failures:
            raise ProviderUnavailable("twilio", "HTTP 503")
        return self.in_progress

    async def check(self, stream_sid: str = "MZ1") -> None:
        """Check a stream four times without delay."""
        async with asyncio.TaskGroup() as tasks:
            await self.resumer(tasks)._check(SID, stream_sid, delays_s=(0.0,) * 4)

    async def answer(self, answered: Attempt = Attempt()) -> str:  # noqa: B008 - immutable
        """Answer Twilio's request for TwiML."""
        assert self.call is not None
        async with asyncio.TaskGroup() as tasks:
            return await self.resumer(tasks).on_redirect(SID, self.call, URLS, answered)

    async def report_error(self, stream_sid: str, code: int = 31920) -> None:
        """Report a stream error, and wait until it is handled."""
        async with asyncio.TaskGroup() as tasks:
            await self.resumer(tasks).on_stream_error(SID, stream_sid, code)

    def of(self, _account_sid: str, _region: str) -> "Backend":
        """The client of any account."""
        return self

    def resumer(self, tasks: asyncio.TaskGroup) -> StreamResumer:
        """The code under test."""
        gate = TwilioRequestGate(EdgeSettings(), asyncio.Event())
        twilio = cast("TwilioAccounts", self)
        return StreamResumer(cast("Bus", self), AgentStore("agents"), twilio, gate, tasks, self.metrics)

    async def must_fall_back(self, _bus: object, call: CallState, attempts: int) -> bool:
        """Decide as if the address were proven or not."""
        return attempts >= 3 or (bool(call.failed_sids) and not self.proven)

    async def append_failure(
        self, _bus: object, _call_sid: str, call: CallState, stream_sid: str, code: int
    ) -> bool:
        """Store a failed stream."""
        self.failures.append((stream_sid, code))
        self.call = replace(call, failed_sids=call.failed_sids | {stream_sid}, failure_code=code)
        return True


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Backend:
    """A call whose stream was lost."""
    backend = Backend()
    monkeypatch.setattr(resumption, "load_call_state", backend.load)
    monkeypatch.setattr(resumption, "claim_resumption", backend.claim)
    monkeypatch.setattr(resumption, "end_call", backend.end)
    monkeypatch.setattr(resumption, "try_end_call", backend.end)
    monkeypatch.setattr(fallback, "try_end_call", backend.end)
    monkeypatch.setattr(call_agent, "changed_language", backend.changed_language)
    monkeypatch.setattr(resumption, "must_fall_back", backend.must_fall_back)
    monkeypatch.setattr(resumption, "append_stream_failure", backend.append_failure)
    monkeypatch.setattr(resumption, "_FALL_THROUGH_S", 0.0)
    return backend


async def test_the_first_request_claims_the_resumption(backend: Backend) -> None:
    """A request that finds it claimed by another edge waits for that edge's stream."""
    first = await backend.answer()
    backend.claimable = False
    second = await backend.answer()

    assert "<Stream" in first
    assert "<Pause" in second
    assert backend.claims == [("redirect", False), ("redirect", False)]


@pytest.mark.parametrize(
    ("new_state", "verb"),
    [
        (lambda: resuming("redirect"), "<Stream"),
        (lambda: resuming("rest"), "<Pause"),
        (lambda: resuming("rest", age_s=3), "<Stream"),
        (lambda: replace(CALL, end_reason="completed"), "<Hangup"),
        (lambda: replace(CALL, end_reason="fallback"), "<Say "),
    ],
)
async def test_a_request_is_answered_by_the_state_of_the_call(
    backend: Backend, new_state: Callable[[], CallState], verb: str
) -> None:
    """The request may be repeated, or arrive during or after a REST redirect or after the call's end."""
    # The age of an attempt counts from now, not from the collection of the tests.
    backend.call = new_state()

    assert verb in await backend.answer()
    assert backend.claims == []


@pytest.mark.parametrize(
    "call",
    [
        None,
        replace(CALL, end_reason="completed"),
        replace(CALL, stream_sid="MZ2"),
        replace(CALL, stop_reason="stop"),
        replace(CALL, stop_reason="closed"),
    ],
)
async def test_a_stream_that_is_not_lost_is_not_resumed(backend: Backend, call: CallState | None) -> None:
    """The call may be unknown or ended, have another stream, or have had its stream stopped."""
    backend.call = call
    await backend.check()

    assert (backend.claims, backend.redirects) == ([], 0)


async def test_a_live_stream_is_not_resumed(backend: Backend) -> None:
    """The edge of the stream responds to the liveness request."""
    backend.requests.result = Liveness.ALIVE
    await backend.check()

    assert backend.claims == []


@pytest.mark.parametrize(
    ("stream_sid", "liveness", "edge_stalled"),
    [
        ("", Liveness.UNRESPONSIVE, True),
        ("", Liveness.GONE, False),
        ("MZ1", Liveness.UNRESPONSIVE, False),
    ],
)
async def test_only_an_unresponsive_edge_with_an_open_stream_is_stalled(
    backend: Backend, stream_sid: str, liveness: Liveness, edge_stalled: bool
) -> None:
    """Twilio plays nothing after a stream's end, nor for an edge that died."""
    backend.requests.result = liveness
    await backend.check(stream_sid)

    assert backend.claims == [("rest", edge_stalled)]


async def test_a_failed_redirect_is_repeated(backend: Backend) -> None:
    """It is repeated until Twilio's REST API accepts it."""
    backend.rest_failures = 2
    await backend.check()

    assert (backend.redirects, backend.ends) == (3, [])


async def test_an_attempt_of_another_edge_is_awaited(backend: Backend) -> None:
    """An attempt that has failed is replaced."""
    backend.call = resuming("redirect")
    await backend.check()
    assert backend.claims == []

    backend.call = resuming("redirect", age_s=3)
    await backend.check()
    assert backend.claims == [("rest", False)]


async def test_a_call_that_is_not_in_progress_is_ended(backend: Backend) -> None:
    """The caller hung up after the stream was lost."""
    backend.in_progress = False
    await backend.check()

    assert backend.ends == ["hangup"]


UNOPENED = replace(CALL, stream_epoch=0, stream_position=0, stream_sid="")
"""A call whose first stream has not started."""


async def test_three_attempts_without_a_start_are_followed_by_the_fallback(backend: Backend) -> None:
    """The number of the attempt is in the URL of the request."""
    backend.call = UNOPENED
    attempts = [await backend.answer(Attempt(number)) for number in (1, 2, 3)]

    assert ["<Stream" in answer for answer in attempts] == [True, True, False]
    assert "resume=2" in attempts[0]
    assert "resume=3" in attempts[1]
    assert "<Say " in attempts[2]
    assert backend.ends == ["fallback"]


async def test_a_lost_stream_has_all_its_attempts(backend: Backend) -> None:
    """The attempts before the stream that was lost do not count."""
    backend.call = CALL
    answer = await backend.answer(Attempt(3, after_epoch=0))

    assert "resume=1&amp;after=1" in answer


async def test_an_error_before_the_first_start_of_all_is_followed_by_the_fallback(backend: Backend) -> None:
    """No stream has ever opened, so the address is wrong."""
    backend.call, backend.proven = replace(UNOPENED, failed_sids=frozenset({"MZ1"})), False

    assert "<Say " in await backend.answer(Attempt(1))


async def test_an_error_of_a_stream_that_started_is_checked_as_a_loss(backend: Backend) -> None:
    """Twilio reports a broken socket in the same way."""
    backend.call = replace(CALL, stream_sids=frozenset({"MZ1"}))
    backend.requests.result = Liveness.ALIVE
    await backend.report_error("MZ1")

    assert backend.failures == []


async def test_an_unopened_stream_is_stored_once_and_twilio_continues(backend: Backend) -> None:
    """A repeated callback changes nothing; nothing is done by REST if Twilio requests TwiML itself."""
    attempt = StreamResuming(epoch=0, method="redirect")
    backend.call = replace(UNOPENED, resuming=attempt, resuming_at_us=now_us())
    await backend.report_error("MZ1")
    await backend.report_error("MZ1")

    assert backend.failures == [("MZ1", 31920)]
    assert backend.redirects == 0


async def test_a_call_that_twilio_does_not_continue_is_continued_by_rest(backend: Backend) -> None:
    """First with another stream; with the fallback if the address is not proven."""
    backend.call = UNOPENED
    await backend.report_error("MZ1")
    assert (backend.redirects, backend.claims, backend.ends) == (1, [("rest", False)], [])

    backend.proven = False
    await backend.report_error("MZ2")
    assert (backend.redirects, backend.ends) == (2, ["fallback"])


async def test_streams_that_did_not_open_are_counted_by_code(backend: Backend) -> None:
    """A repeated report counts once; the number of codes is limited, whatever Twilio reports."""
    backend.call = UNOPENED
    for stream_sid, code in (("MZ1", 31920), ("MZ1", 31920), ("MZ2", 32999), ("MZ3", 0)):
        await backend.report_error(stream_sid, code)

    name = "parley_media_streams_failed_total"
    counted = {
        code: backend.registry.get_sample_value(name, {"code": code}) for code in ("31920", "other", "0")
    }
    assert counted == {"31920": 1, "other": 1, "0": 1}
