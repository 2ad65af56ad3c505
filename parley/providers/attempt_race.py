"""Makes the attempts of one request: one after another, or beside one with overdue output.

A provider whose output is overdue may be only slow, so it is not dropped: another provider gets the same
request, and the first one with output is used. The others are cancelled.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from parley.errors import ProviderError, ProviderOvertaken, ProviderRateLimited, ProviderUnavailable
from parley.providers.fallback_chain import Attempt, Request, Route

R = TypeVar("R")
T = TypeVar("T")


class Contender:
    """One attempt's place among those in progress."""

    def __init__(self, race: "AttemptRace[Any, Any]", route: Route[Any], *, is_beside: bool) -> None:
        self._race = race
        self.route = route
        self.is_beside = is_beside
        """Whether another attempt was in progress when it started."""
        self.is_overdue = False
        self.is_cancelled = False
        """Whether it has ended because another attempt had output first."""
        self.is_overtaken = False
        """Whether its own output was overdue then."""
        self.task: asyncio.Task[None] | None = None

    @property
    def has_alternative(self) -> bool:
        """Whether another provider is being tried, or can be."""
        return self._race.has_alternative

    def overdue(self) -> None:
        """Have another provider tried beside this one; once, and if there is one."""
        if not (self.is_overdue or self.is_cancelled):
            self.is_overdue = True
            self._race.start_beside()

    @contextmanager
    def cancellable(self) -> Iterator[None]:
        """Run the attempt in this block, which raises ProviderOvertaken if another one was first."""
        try:
            yield
        except asyncio.CancelledError:
            if not self.is_overtaken:
                raise
            raise ProviderOvertaken(self.route.provider) from None

    def use(self) -> bool:
        """Use this attempt, because it has output; false if another one had output first."""
        if not self.is_cancelled:
            self._race.cancel_others(self)
            self.is_overdue = False
        return not self.is_cancelled


class AttemptRace(Generic[R, T]):
    """The attempts of one request."""

    def __init__(
        self,
        request: Request[R],
        operation: Callable[[R, Attempt, Contender], Awaitable[T]],
        ready: Callable[[], Awaitable[bool]] | None = None,
    ) -> None:
        """Create it.

        Args:
            request: the request.
            operation: makes one attempt on a route, and returns the request's result.
            ready: awaited before each attempt; ends the request with None when it returns false.
        """
        self._request, self._operation, self._ready = request, operation, ready
        self._running: list[Contender] = []
        """In the order of their start."""
        self._wanted = True
        """Whether another attempt must be started."""
        self._beside = False
        """Whether it must use a provider that is not in use."""
        self._changed = asyncio.Event()
        self._results: list[T] = []
        self._failure: ProviderError | None = None

    async def run(self) -> T | None:
        """Make attempts until one succeeds, and return its result.

        Raises:
            ProviderError: the last failure, when all attempts are used up.
        """
        chain = self._request.chain
        async with asyncio.TaskGroup() as tasks:
            while not self._results:
                if self._wanted and not await self._start(tasks):
                    return None
                if not self._running:
                    break
                await self._changed.wait()
                self._changed.clear()
            self.cancel_others(None)
        if self._results:
            chain.reporter.succeeded()
            return self._results[0]
        failure = self._failure or ProviderUnavailable(chain.stage, "no route is configured")
        if not chain.report_each:
            await chain.reporter.failed(failure)
        raise failure

    @property
    def has_alternative(self) -> bool:
        """Whether another provider is being tried, or can be."""
        return len(self._running) > 1 or self._next(beside=True) is not None

    def start_beside(self) -> None:
        """Try another provider beside those in use, if there is one."""
        if not self._wanted:
            self._wanted = self._beside = True
            self._changed.set()

    def cancel_others(self, used: Contender | None) -> None:
        """Cancel all attempts but one. The earlier ones are overtaken if their output is overdue."""
        others = [contender for contender in self._running if contender is not used]
        earlier = [] if used is None else self._running[: self._running.index(used)]
        self._running = [] if used is None else [used]
        for contender in others:
            contender.is_cancelled = True
            contender.is_overtaken = contender in earlier and contender.is_overdue
            if contender.is_overtaken:
                self._request.overtaken(contender.route)
            if contender.task is not None:
                contender.task.cancel()

    async def _start(self, tasks: asyncio.TaskGroup) -> bool:
        """Start the attempt that is wanted, if a route is left; false if there is nothing left to do."""
        if self._ready is not None and not await self._ready():
            return bool(self._running)
        route = self._next(beside=self._beside)
        self._wanted = self._beside = False
        if route is not None:
            contender = Contender(self, route, is_beside=bool(self._running))
            self._running.append(contender)
            contender.task = tasks.create_task(self._attempt(contender), name=f"attempt on {route.name}")
        return True

    def _next(self, *, beside: bool) -> Route[R] | None:
        route = self._request.next_route(in_use=[contender.route for contender in self._running])
        providers = {contender.route.provider for contender in self._running}
        return None if beside and route is not None and route.provider in providers else route

    async def _attempt(self, contender: Contender) -> None:
        try:
            async with self._request.attempt(contender.route) as attempt:
                result = await self._operation(contender.route.target, attempt, contender)
        except ProviderError as error:
            if isinstance(error, ProviderRateLimited):
                await asyncio.sleep(self._request.chain.policy.rate_limit_wait_s)
            self._ended(contender, failure=error)
        else:
            self._ended(contender, result)

    def _ended(self, contender: Contender, *results: T, failure: ProviderError | None = None) -> None:
        if contender.is_cancelled:
            return
        self._running.remove(contender)
        self._results += results
        if failure is not None:
            self._failure, self._wanted = failure, True
        self._changed.set()
