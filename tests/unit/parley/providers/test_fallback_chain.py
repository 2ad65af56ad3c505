"""Requests that are served by the first route that works."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from parley.circuit_breaker import CircuitBreakers
from parley.errors import (
    ProviderError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderTimeout,
    ProviderUnavailable,
)
from parley.providers.attempt_race import AttemptRace, Contender
from parley.providers.fallback_chain import Attempt, FallbackChain, Route, provider_error
from parley.providers.route_selector import RetryPolicy
from parley.telemetry.catalogue.turns import PROVIDER_FIRST_OUTPUT
from parley.telemetry.trace_context import trace_id
from parley.v1.work_pb2 import StageFailed
from tests.unit.parley.providers.doubles import make_telemetry

DOWN = ProviderUnavailable("test", "down")


@dataclass
class Scene:
    """A chain whose routes fail as planned."""

    failures: dict[str, list[BaseException]]
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    report_each: bool = True
    tried: list[str] = field(default_factory=list)
    reports: list[StageFailed] = field(default_factory=list)
    spans: InMemorySpanExporter = field(default_factory=InMemorySpanExporter)
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)

    def __post_init__(self) -> None:
        async def report(failed: StageFailed) -> None:
            self.reports.append(failed)

        self.telemetry = make_telemetry(self.spans)
        self.chain = FallbackChain(
            "tts",
            "CA1",
            "clinic",
            [Route(name, name[0], f"{name}-model", name) for name in self.failures],
            self.breakers,
            self.telemetry,
            report=report,
            report_each=self.report_each,
            policy=self.policy,
        )

    async def run(self, turn: int = 0) -> str | None:
        """Make one request."""

        async def operation(name: str, attempt: Attempt, _: Contender) -> str:
            self.tried.append(name)
            if planned := self.failures[name]:
                raise planned.pop(0)
            attempt.first_output("first_audio")
            return name

        return await AttemptRace(self.chain.request(turn=turn, reply_id="r1"), operation).run()

    def codes(self) -> Sequence[str]:
        """Codes of the reported failures."""
        return [failed.code for failed in self.reports]

    def failed(self, provider: str, code: str) -> float:
        """The failures counted for a provider."""
        samples = [
            sample for family in self.telemetry.provider_failures.collect() for sample in family.samples
        ]
        wanted = {"provider": provider, "code": code}.items()
        return sum(s.value for s in samples if s.name.endswith("_total") and wanted <= s.labels.items())


async def test_a_request_is_served_by_the_first_route() -> None:
    """The other routes are not used, and the latency of the request is measured."""
    scene = Scene({"a": [], "b": []})

    assert await scene.run() == "a"
    assert scene.tried == ["a"]
    labels = {"agent": "clinic", "provider": "a", "model": "a-model", "output": "first_audio"}
    count = f"{PROVIDER_FIRST_OUTPUT.name}_count"
    assert scene.telemetry.registry.get_sample_value(count, labels) == 1


async def test_a_failed_request_falls_back() -> None:
    """The failure is counted by provider and code, and reported."""
    scene = Scene({"a": [DOWN], "b": []})

    assert await scene.run() == "b"
    assert scene.failed("a", "unavailable") == 1
    assert scene.codes() == ["unavailable"]
    assert (scene.reports[0].provider, scene.reports[0].retryable) == ("test", True)


async def test_the_last_failure_is_raised_when_no_route_works() -> None:
    """It is raised after the number of attempts that the policy allows."""
    scene = Scene({"a": [ProviderRejected("test", "x")], "b": [DOWN, ProviderTimeout("test", "y")]})

    with pytest.raises(ProviderTimeout):
        await scene.run()
    assert scene.tried == ["a", "b", "b"]


async def test_a_chain_without_routes_fails() -> None:
    """The error is that of an unavailable provider."""
    with pytest.raises(ProviderUnavailable, match="no route"):
        await Scene({}).run()


async def test_a_code_is_reported_once_until_a_request_succeeds() -> None:
    """A provider that stays down does not fill the call's log."""
    down = [ProviderUnavailable("test", str(n)) for n in range(5)]
    scene = Scene({"a": [*down]})
    for _ in range(2):
        with pytest.raises(ProviderUnavailable):
            await scene.run()
    assert scene.codes() == ["unavailable"]

    scene.failures["a"] = []
    await scene.run()
    scene.failures["a"] = [DOWN]
    await scene.run()
    assert scene.codes() == ["unavailable"] * 2


async def test_failed_attempts_may_go_unreported() -> None:
    """With this option only a request that fails on all routes is reported."""
    scene = Scene({"a": [DOWN, DOWN, DOWN, DOWN], "b": []}, report_each=False)
    await scene.run()
    assert scene.codes() == []

    scene.failures["b"] = [DOWN, DOWN]
    with pytest.raises(ProviderUnavailable):
        await scene.run()
    assert scene.codes() == ["unavailable"]


async def test_a_rate_limit_is_waited_for() -> None:
    """The chain waits for its end before the next attempt."""
    policy = RetryPolicy(rate_limit_wait_s=0.05)
    scene = Scene({"a": [ProviderRateLimited("test", "x")]}, policy)
    began_s = asyncio.get_running_loop().time()
    await scene.run()

    assert asyncio.get_running_loop().time() - began_s >= 0.04


async def test_an_open_circuit_is_skipped_by_other_calls() -> None:
    """All calls of the process share its circuit breakers."""
    broken = Scene({"a": [DOWN] * 9, "b": []})
    for _ in range(3):
        await broken.run()
    other = Scene({"a": [], "b": []}, breakers=broken.breakers)

    assert await other.run() == "b"


async def test_a_failure_inside_a_group_is_unwrapped() -> None:
    """The exception group of the attempt's task group is removed."""
    scene = Scene({"a": [ExceptionGroup("x", [ExceptionGroup("y", [DOWN])])], "b": []})

    assert await scene.run() == "b"


async def test_an_internal_error_is_not_attributed_to_the_provider() -> None:
    """The error is raised unchanged and does not count as the provider's failure."""
    scene = Scene({"a": [ExceptionGroup("x", [DOWN, ZeroDivisionError()])], "b": []})

    with pytest.raises(ExceptionGroup):
        await scene.run()
    assert scene.failed("a", "unavailable") == 0


async def test_a_cancelled_attempt_is_neither_success_nor_failure() -> None:
    """The circuit of an interrupted route does not change."""
    scene = Scene({"a": []})
    breaker = scene.breakers.get("a")
    breaker.record_failure(0.0)
    request = scene.chain.request()
    route = request.next_route()
    assert route is not None

    async def interrupted() -> None:
        async with request.attempt(route):
            await asyncio.Event().wait()

    task = asyncio.create_task(interrupted())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert not breaker.record_failure(1.0)
    assert breaker.record_failure(2.0)


async def test_an_attempt_that_lasted_counts_as_a_success_first() -> None:
    """A connection that is lost after `healthy_after_s` does not open the circuit."""
    scene = Scene({"a": [DOWN] * 5}, RetryPolicy(max_attempts=3, healthy_after_s=-1))
    with pytest.raises(ProviderError):
        await scene.run()

    assert scene.breakers.open_circuits(asyncio.get_running_loop().time()) == []


async def test_each_attempt_has_a_span() -> None:
    """The span is in the trace of the turn, and a failed one has the failure's code."""
    scene = Scene({"a": [DOWN], "b": []})
    await scene.run(turn=3)

    first, second = scene.spans.get_finished_spans()
    assert first.name == second.name == "tts.provider_request"
    assert first.context is not None
    assert first.context.trace_id == trace_id("CA1", 3)
    assert first.status.status_code is StatusCode.ERROR
    assert first.attributes is not None
    assert first.attributes["error.type"] == "unavailable"
    assert [event.name for event in second.events] == ["first_audio"]


def test_only_a_pure_group_is_the_providers_error() -> None:
    """A group that contains any other exception is not."""
    assert provider_error(DOWN) is DOWN
    assert provider_error(ExceptionGroup("x", [DOWN])) is DOWN
    assert provider_error(ExceptionGroup("x", [DOWN, ValueError()])) is None
    assert provider_error(ValueError()) is None


async def test_requests_are_counted_by_outcome() -> None:
    """A request that was cancelled proves nothing about the provider, and neither does one from a cache."""
    scene = Scene({"a": [DOWN], "b": []})
    await scene.run()
    request = scene.chain.request()
    with pytest.raises(asyncio.CancelledError):
        async with request.attempt(scene.chain.routes[1]):
            raise asyncio.CancelledError
    async with request.attempt(scene.chain.routes[1]) as cached:
        cached.provider_used = False

    def count(provider: str, outcome: str) -> float | None:
        labels = {"agent": "clinic", "provider": provider, "model": f"{provider}-model", "outcome": outcome}
        return scene.telemetry.registry.get_sample_value("parley_provider_requests_total", labels)

    assert count("a", "failed") == 1
    assert count("b", "ok") == 1
    assert count("b", "cancelled") == 1


async def test_an_unknown_code_is_counted_as_other() -> None:
    """A provider of another package may have any number of codes."""

    class OwnError(ProviderError):
        code = "own-4711"

    scene = Scene({"a": [OwnError("test", "x")], "b": []})
    await scene.run()

    assert scene.failed("a", "other") == 1
    assert scene.codes() == ["own-4711"]


async def test_an_open_circuit_is_exported() -> None:
    """The routes of a chain are visible from the start."""
    scene = Scene({"a": [ProviderRejected("test", "x")], "b": []})
    value = scene.telemetry.registry.get_sample_value
    assert value("parley_provider_circuit_open", {"provider": "a", "model": "a-model"}) == 0
    await scene.run()
    assert value("parley_provider_circuit_open", {"provider": "a", "model": "a-model"}) == 1
    assert value("parley_provider_circuit_open", {"provider": "b", "model": "b-model"}) == 0
