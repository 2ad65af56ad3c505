"""Serves a stage's requests with the first of an agent's routes that works, and reports failures.

The same chain serves all stages. It tries routes whose circuit is open last, retries, falls back, counts
failures and emits a span for each request to a provider.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import structlog
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from prometheus_client import Histogram

from parley.circuit_breaker import CircuitBreaker, CircuitBreakers
from parley.errors import ProviderError, ProviderRateLimited, ProviderUnavailable
from parley.exception_groups import flatten_group
from parley.providers.failure_reporter import FailureReporter
from parley.providers.route_selector import RetryPolicy, RouteSelector
from parley.telemetry import names
from parley.telemetry.setup import Telemetry
from parley.telemetry.trace_context import parent_context
from parley.v1.work_pb2 import StageFailed

log = structlog.get_logger()

_CODES = frozenset({"rejected", "rate_limited", "timeout", "unavailable", "empty_answer"})

R = TypeVar("R")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Route(Generic[R]):
    """A provider with one model and voice, and the object that requests use to reach it."""

    name: str
    """Key of the circuit breaker, shared by all calls of the process."""
    provider: str
    model: str
    target: R
    """The object that requests use: a section of the agent file, or a connection."""


class FallbackChain(Generic[R]):
    """One call's routes in order of preference; their names are unique.

    `report` is called with StageFailed after each failed attempt, or, if `report_each` is false, only when a
    request has failed on all routes.
    """

    def __init__(
        self,
        stage: str,
        call_sid: str,
        agent: str,
        routes: Sequence[Route[R]],
        breakers: CircuitBreakers,
        telemetry: Telemetry,
        *,
        report: Callable[[StageFailed], Awaitable[Any]],
        report_each: bool = True,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.stage = stage
        self.call_sid = call_sid
        self.agent = agent
        self.routes = tuple(routes)
        self.breakers = breakers
        self.telemetry = telemetry
        self.reporter = FailureReporter(report)
        self.report_each = report_each
        self.policy = policy or RetryPolicy()
        for route in self.routes:
            telemetry.provider_circuits.watch(
                route.provider, route.model, route.name, breakers.get(route.name)
            )

    def request(self, *, turn: int = 0, **details: str) -> "Request[R]":
        """Begin a request; `details` are added to its log lines."""
        return Request(self, turn, details)


class Request(Generic[R]):
    """One request, over as many attempts as it takes.

    Either `run` it, or take a route from `next_route` and make an `attempt` until one succeeds.
    """

    def __init__(self, chain: FallbackChain[R], turn: int, details: dict[str, str]) -> None:
        self._chain = chain
        self.turn = turn
        self._details = details
        routes = chain.routes
        self._selector = RouteSelector(
            [route.name for route in routes],
            chain.breakers,
            chain.policy,
            [route.provider for route in routes],
        )

    def next_route(self, *, beside: Route[R] | None = None) -> Route[R] | None:
        """The route to try now, another one than `beside` if possible; None when all attempts are used up."""
        used = None if beside is None else self._chain.routes.index(beside)
        index = self._selector.next(_now_s(), beside=used)
        return None if index is None else self._chain.routes[index]

    @property
    def attempts_left(self) -> float:
        """Number of attempts that may still be made; infinite without a limit."""
        return self._selector.attempts_left(_now_s())

    @asynccontextmanager
    async def attempt(self, route: Route[R]) -> "AsyncIterator[Attempt]":
        """Run one attempt; a failure goes to the circuit breaker, metrics, log and span, and is raised again.

        Exiting normally counts as a success; a cancellation counts as neither.

        Raises:
            ProviderError: also when it was raised inside exception groups that contain nothing else.
        """
        chain = self._chain
        untried = self._selector.has_untried(_now_s(), beside=chain.routes.index(route))
        attempt = Attempt(chain, route, self._start_span(route), has_alternative=untried)
        outcome = "cancelled"
        try:
            yield attempt
        except (ProviderError, BaseExceptionGroup) as raised:
            error = provider_error(raised)
            if error is None:
                raise
            outcome = "failed"
            attempt.span.set_attribute(names.ERROR_TYPE, error.code)
            attempt.span.set_status(Status(StatusCode.ERROR, error.reason))
            await self._failed(route, error, attempt)
            if raised is error:
                raise
            raise error from None
        else:
            outcome = "ok"
            if attempt.provider_used:
                attempt.succeeded()
        finally:
            # A span that does not end is not exported.
            if attempt.provider_used:
                attempt.span.end()
                self._count(route, outcome)

    async def run(
        self,
        operation: Callable[[R, "Attempt"], Awaitable[T]],
        ready: Callable[[], Awaitable[bool]] | None = None,
    ) -> T | None:
        """Call `operation` with one route after another until one succeeds, and return its result.

        `ready` is awaited before each attempt, and ends the request with None when it returns false.

        Raises:
            ProviderError: the last failure, when all attempts are used up.
        """
        failure: ProviderError | None = None
        while ready is None or await ready():
            route = self.next_route()
            if route is None:
                break
            try:
                async with self.attempt(route) as attempt:
                    result = await operation(route.target, attempt)
            except ProviderError as error:
                failure = error
                if isinstance(error, ProviderRateLimited):
                    await asyncio.sleep(self._chain.policy.rate_limit_wait_s)
            else:
                self._chain.reporter.succeeded()
                return result
        else:
            return None
        failure = failure or ProviderUnavailable(self._chain.stage, "no route is configured")
        if not self._chain.report_each:
            await self._chain.reporter.failed(failure)
        raise failure

    async def _failed(self, route: Route[R], error: ProviderError, attempt: "Attempt") -> None:
        chain, now_s = self._chain, _now_s()
        if now_s - attempt.started_at_s > chain.policy.healthy_after_s:
            attempt.breaker.record_success()
        opened = self._selector.failed(chain.routes.index(route), error, now_s)
        chain.telemetry.provider_failures.labels(
            provider=route.provider, model=route.model, code=_code_label(error)
        ).inc()
        log.warning(
            "provider_request_failed",
            stage=chain.stage,
            route=route.name,
            turn=self.turn,
            code=error.code,
            reason=error.reason,
            **self._details,
        )
        if opened:
            log.warning("circuit_opened", stage=chain.stage, route=route.name)
        if chain.report_each:
            await chain.reporter.failed(error)

    def _count(self, route: Route[R], outcome: str) -> None:
        self._chain.telemetry.provider_requests.labels(
            agent=self._chain.agent, provider=route.provider, model=route.model, outcome=outcome
        ).inc()

    def _start_span(self, route: Route[R]) -> Span:
        attributes: dict[str, str | int] = {
            names.CALL_SID: self._chain.call_sid,
            names.STAGE: self._chain.stage,
            names.TURN: self.turn,
            names.PROVIDER: route.provider,
            names.ROUTE: route.name,
        }
        return self._chain.telemetry.tracer.start_span(
            f"{self._chain.stage}.{names.PROVIDER_REQUEST_SPAN}",
            parent_context(self._chain.call_sid, self.turn),
            kind=SpanKind.CLIENT,
            attributes=attributes,
        )


class Attempt:
    """One request to one provider."""

    def __init__(
        self, chain: FallbackChain[Any], route: Route[Any], span: Span, *, has_alternative: bool = False
    ) -> None:
        self._chain = chain
        self.has_alternative = has_alternative
        """Whether another provider works, as far as known, and has not been tried by the request."""
        self.usage = chain.telemetry.usage
        self.route = route
        self.span = span
        self.breaker: CircuitBreaker = chain.breakers.get(route.name)
        self.started_at_s = _now_s()
        self.provider_used = True
        """False if the request was served from a cache, which proves nothing about the route."""

    @property
    def labels(self) -> dict[str, str]:
        """The labels of the request's metrics: agent, provider and model."""
        route = self.route
        return {"agent": self._chain.agent, "provider": route.provider, "model": route.model}

    def first_output(self, output: str) -> None:
        """Record the time to the first output: `first_token`, `first_audio` or `connected`."""
        self.first_output_of(output).observe(_now_s() - self.started_at_s)
        self.span.add_event(output)

    def first_output_of(self, output: str) -> Histogram:
        """The histogram of an output that is measured otherwise, such as `first_response`."""
        return self._chain.telemetry.provider_first_output.labels(**self.labels, output=output)

    def succeeded(self) -> None:
        """Close the route's circuit, and report the next failure again if each attempt is reported."""
        self.breaker.record_success()
        if self._chain.report_each:
            self._chain.reporter.succeeded()


def _code_label(error: ProviderError) -> str:
    """The error's code, or `other` for one of a provider's own: the number of label values is limited."""
    return error.code if error.code in _CODES else "other"


def provider_error(raised: BaseException) -> ProviderError | None:
    """Return the first ProviderError of an exception or group; None if it contains anything else."""
    errors = flatten_group(raised)
    found = [error for error in errors if isinstance(error, ProviderError)]
    return found[0] if found and len(found) == len(errors) else None


def _now_s() -> float:
    return asyncio.get_running_loop().time()
