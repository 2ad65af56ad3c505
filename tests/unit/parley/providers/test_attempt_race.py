"""Attempts of one request that are made one after another, or beside one that is overdue."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from parley.circuit_breaker import CircuitBreakers
from parley.errors import ProviderError, ProviderOvertaken, ProviderRejected, ProviderUnavailable
from parley.providers.attempt_race import AttemptRace, Contender
from parley.providers.fallback_chain import Attempt, FallbackChain, Route
from parley.providers.route_selector import RetryPolicy
from tests.unit.parley.providers.doubles import make_telemetry

Plan = Callable[["Scene", Contender], Awaitable[None]]


async def hang(_: "Scene", contender: Contender) -> None:
    """Be overdue, and have no output ever."""
    contender.overdue()
    await asyncio.Event().wait()


async def answer(_: "Scene", contender: Contender) -> None:
    """Have output at once."""
    assert contender.use()


async def answer_later(scene: "Scene", contender: Contender) -> None:
    """Be overdue, and have output as soon as another attempt is in progress."""
    contender.overdue()
    await scene.started.wait()
    assert contender.use()


async def start(scene: "Scene", _: Contender) -> None:
    """Have no output, and not be overdue."""
    scene.started.set()
    await asyncio.Event().wait()


async def break_off(_: "Scene", contender: Contender) -> None:
    """Fail after output."""
    assert contender.use()
    raise ProviderUnavailable(contender.route.provider, "lost")


async def hang_then_fail(scene: "Scene", contender: Contender) -> None:
    """Be overdue, and fail when another attempt is in progress."""
    contender.overdue()
    await scene.started.wait()
    raise ProviderUnavailable(contender.route.provider, "lost")


async def reject(_: "Scene", contender: Contender) -> None:
    """Reject the request."""
    raise ProviderRejected(contender.route.provider, "no")


@dataclass
class Scene:
    """A chain whose routes behave as planned, one plan per attempt; the first letter is the provider."""

    plans: Mapping[str, list[Plan]]
    breakers: CircuitBreakers = field(default_factory=CircuitBreakers)
    tried: list[str] = field(default_factory=list)
    ended: list[tuple[str, type[BaseException] | None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.started = asyncio.Event()
        self.telemetry = make_telemetry()

    async def run(self, ready: Callable[[], Awaitable[bool]] | None = None) -> str | None:
        """Make one request."""

        async def report(_: object) -> None:
            return

        async def operation(name: str, _: Attempt, contender: Contender) -> str:
            self.tried.append(name)
            raised: type[BaseException] | None = None
            try:
                with contender.cancellable():
                    await self.plans[name].pop(0)(self, contender)
            except BaseException as error:
                raised = type(error)
                raise
            finally:
                self.ended.append((name, raised))
            return name

        chain = FallbackChain(
            "tts",
            "CA1",
            "clinic",
            [Route(name, name[0], "m", name) for name in self.plans],
            self.breakers,
            self.telemetry,
            report=report,
            report_each=False,
            policy=RetryPolicy(same_route_first=True),
        )
        async with asyncio.timeout(10):
            return await AttemptRace(chain.request(), operation, ready).run()

    def outcomes(self, provider: str) -> dict[str, float]:
        """The attempts counted for a provider, by outcome."""
        samples = [s for family in self.telemetry.provider_requests.collect() for s in family.samples]
        return {
            sample.labels["outcome"]: sample.value
            for sample in samples
            if sample.name.endswith("_total") and sample.labels["provider"] == provider
        }


async def test_the_first_answer_is_used() -> None:
    """The silent provider is overtaken, which is not a failure; its connection sees a timeout."""
    scene = Scene({"a": [hang], "b": [answer]})
    with capture_logs() as logs:
        assert await scene.run() == "b"
    assert scene.ended == [("b", None), ("a", ProviderOvertaken)]
    assert scene.outcomes("a") == {"overtaken": 1}
    assert scene.outcomes("b") == {"ok": 1}
    assert not [s for family in scene.telemetry.provider_failures.collect() for s in family.samples]
    assert [entry["event"] for entry in logs] == ["provider_overtaken"]


async def test_a_third_provider_is_tried_beside_two_silent_ones() -> None:
    """The second one is overdue, too."""
    scene = Scene({"a": [hang], "b": [hang], "c": [answer]})
    assert await scene.run() == "c"
    assert scene.tried == ["a", "b", "c"]
    assert scene.outcomes("a") == scene.outcomes("b") == {"overtaken": 1}


async def test_a_slow_provider_wins_if_it_answers_first() -> None:
    """The other one is cancelled, which proves nothing about it."""
    scene = Scene({"a": [answer_later], "b": [start]})
    assert await scene.run() == "a"
    assert scene.ended == [("a", None), ("b", asyncio.CancelledError)]
    assert scene.outcomes("a") == {"ok": 1}
    assert scene.outcomes("b") == {"cancelled": 1}


async def test_another_route_of_the_same_provider_is_not_tried_beside_it() -> None:
    """It would wait for the same provider."""
    scene = Scene({"a1": [hang], "a2": [answer]})
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await scene.run()
    assert scene.tried == ["a1"]


async def test_an_overdue_provider_without_alternative_is_waited_for() -> None:
    """No other attempt is made."""

    async def late(_: Scene, contender: Contender) -> None:
        contender.overdue()
        assert not contender.has_alternative
        await asyncio.sleep(0)
        assert contender.use()

    assert await Scene({"a": [late]}).run() == "a"


async def test_a_failure_beside_a_silent_provider_is_followed_by_the_next_one() -> None:
    """Two attempts are in progress as before."""
    scene = Scene({"a": [hang], "b": [reject], "c": [answer]})
    assert await scene.run() == "c"
    assert scene.tried == ["a", "b", "c"]
    assert scene.outcomes("b") == {"failed": 1}


async def test_a_silent_provider_is_waited_for_when_all_others_have_failed() -> None:
    """It may still answer."""

    async def wait(scene: Scene, contender: Contender) -> None:
        contender.overdue()
        await scene.started.wait()
        await asyncio.sleep(0)
        assert contender.use()

    async def failing(scene: Scene, contender: Contender) -> None:
        scene.started.set()
        raise ProviderRejected(contender.route.provider, "no")

    assert await Scene({"a": [wait], "b": [failing]}).run() == "a"


async def test_the_second_provider_continues_when_the_first_one_fails() -> None:
    """The lost connection is replaced beside it."""
    scene = Scene({"a": [hang_then_fail, answer], "b": [start]})
    assert await scene.run() == "a"
    assert scene.tried == ["a", "b", "a"]


async def test_an_overtaken_provider_is_tried_after_the_others() -> None:
    """When the one that overtook it breaks off, a lost connection is replaced first."""
    scene = Scene({"a": [hang], "b": [break_off, answer], "c": []})
    assert await scene.run() == "b"
    assert scene.tried == ["a", "b", "b"]


async def test_a_provider_that_is_always_overtaken_is_tried_last() -> None:
    """Not each request pays the time for it."""
    breakers = CircuitBreakers()
    for _ in range(3):
        scene = Scene({"a": [hang], "b": [answer]}, breakers)
        assert await scene.run() == "b"
    scene = Scene({"a": [], "b": [answer]}, breakers)
    assert await scene.run() == "b"
    assert scene.tried == ["b"]


async def test_a_provider_may_be_overdue_again() -> None:
    """After output, for example in the next clause."""

    async def twice(scene: Scene, contender: Contender) -> None:
        for _ in range(2):
            contender.overdue()
            await scene.started.wait()
            scene.started.clear()
            assert contender.use()

    scene = Scene({"a": [twice], "b": [start], "c": [start]})
    scene.plans["b"].append(start)
    assert await scene.run() == "a"
    assert scene.tried == ["a", "b", "b"]


async def test_a_cancelled_attempt_has_no_result() -> None:
    """Even if it ends by itself at the same moment."""

    async def stubborn(_: Scene, contender: Contender) -> None:
        contender.overdue()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            assert not contender.use()
            raise ProviderUnavailable(contender.route.provider, "closed") from None

    assert await Scene({"a": [stubborn], "b": [answer]}).run() == "b"


async def test_a_cancelled_request_leaves_no_attempt() -> None:
    """The caller may interrupt the reply while two voices are silent."""
    scene = Scene({"a": [hang], "b": [start]})
    running = asyncio.create_task(scene.run())
    await scene.started.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert sorted(scene.ended) == [("a", asyncio.CancelledError), ("b", asyncio.CancelledError)]


async def test_a_request_that_is_complete_needs_no_attempt() -> None:
    """`ready` is awaited before each attempt, also after a failure."""
    answers = [True, False]

    async def ready() -> bool:
        return answers.pop(0)

    scene = Scene({"a": [reject], "b": []})
    assert await scene.run(ready) is None
    assert scene.tried == ["a"]


async def test_the_last_failure_is_raised() -> None:
    """When all attempts are used up."""
    with pytest.raises(ProviderError, match="no"):
        await Scene({"a": [reject], "b": [reject]}).run()
