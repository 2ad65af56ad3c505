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
from parley.errors import ProviderError, ProviderOvertaken
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

    Take a route from `next_route` and make an `attempt` until one succeeds, or let an `AttemptRace` do it.
    """

    def __init__(self, chain: FallbackChain[R], turn: int, details: dict[str, str]) -> None:
        self.chain = chain
        self.turn = turn
        self._details = details
        routes = chain.routes
        self._selector = RouteSelector(
            [route.name for route in routes],
            chain.breakers,
            chain.policy,
            [route.provider for route in routes],
        )

    def next_route(
        self, *, beside: Route[R] | None = None, in_use: Sequence[Route[R]] = ()
    ) -> Route[R] | None:
        """The route to try now; None when all attempts are used up.

        It is another one than `beside` if possible, and none of those `in_use`.
        """
        routes = self.chain.routes
        used = None if beside is None else routes.index(beside)
        index = self._selector.next(_now_s(), beside=used, in_use=[routes.index(route) for route in in_use])
        return None if index is None else routes[index]

    @property
    def attempts_left(self) -> float:
        """Number of attempts that may still be made; infinite without a limit."""
        return self._selector.attempts_left(_now_s())

    @asynccontextmanager
    async def attempt(self, route: Route[R]) -> "AsyncIterator[Attempt]":
        """Run one attempt; a failure goes to the circuit breaker, metrics, log and span, and is raised again.

        Exiting normally counts as a success; a cancellation counts as neither. ProviderOvertaken is raised
        again only: see `overtaken`.

        Raises:
            ProviderError: also when it was raised inside exception groups that contain nothing else.
        """
        chain = self.chain
        attempt = Attempt(chain, route, self._start_span(route))
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
            if isinstance(error, ProviderOvertaken):
                outcome = error.code
            else:
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

    async def _failed(self, route: Route[R], error: ProviderError, attempt: "Attempt") -> None:
        chain, now_s = self.chain, _now_s()
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
        self._log_opened(route, opened=opened)
        if chain.report_each:
            await chain.reporter.failed(error)

    def overtaken(self, route: Route[R]) -> None:
        """Count that another provider has answered before the one of an attempt, which is overdue.

        It uses up an attempt, and counts for the circuit: a provider that is always overtaken is tried last.
        """
        error = ProviderOvertaken(route.provider)
        opened = self._selector.failed(self.chain.routes.index(route), error, _now_s())
        log.warning(
            "provider_overtaken", stage=self.chain.stage, route=route.name, turn=self.turn, **self._details
        )
        self._log_opened(route, opened=opened)

    def _log_opened(self, route: Route[R], *, opened: bool) -> None:
        if opened:
            log.warning("circuit_opened", stage=self.chain.stage, route=route.name)

    def _count(self, route: Route[R], outcome: str) -> None:
        self.chain.telemetry.provider_requests.labels(
            agent=self.chain.agent, provider=route.provider, model=route.model, outcome=outcome
        ).inc()

    def _start_span(self, route: Route[R]) -> Span:
        attributes: dict[str, str | int] = {
            names.CALL_SID: self.chain.call_sid,
            names.STAGE: self.chain.stage,
            names.TURN: self.turn,
            names.PROVIDER: route.provider,
            names.ROUTE: route.name,
        }
        return self.chain.telemetry.tracer.start_span(
            f"{self.chain.stage}.{names.PROVIDER_REQUEST_SPAN}",
            parent_context(self.chain.call_sid, self.turn),
            kind=SpanKind.CLIENT,
            attributes=attributes,
        )


class Attempt:
    """One request to one provider."""

    def __init__(self, chain: FallbackChain[Any], route: Route[Any], span: Span) -> None:
        self._chain = chain
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
