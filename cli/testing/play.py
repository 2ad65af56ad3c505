"""Plays conversations against one system, several at a time."""

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlencode

import httpx

from cli.call_log import follow, open_bus
from cli.testing.agents import PreparedCase
from cli.testing.case import Case, CaseError
from cli.testing.judge import Judgement, judge
from cli.testing.model import ModelAddress, ModelClient, ModelFailed, open_model
from cli.testing.model_caller import ModelCaller, Persona
from cli.testing.outcome import Outcome, PlayedConversation
from parley.bus import Bus
from parley.errors import BusError
from parley.exception_groups import flatten_group
from parley.v1.event_pb2 import Event
from sandbox.caller.client import SandboxError, Telephone, open_telephone

DEFAULT_TIMEOUT_S = 90.0
_LINE_TIMEOUT_S = 25.0
"""Time for one line of a caller played by a model, with the agent's answer."""
_EMULATOR_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Addresses of the system that answers the calls."""

    nats_url: str
    telephone_url: str
    edge_url: str
    openai_url: str = ""
    """The emulator of OpenAI; empty if the model is real."""


@dataclass(frozen=True, slots=True)
class Result:
    """The result of one test."""

    name: str
    about: str
    outcome: Outcome | None = None
    problems: tuple[str, ...] = ()
    """Expectations that were not met; empty if the test passed."""
    error: str = ""
    """Why the conversation could not be played or judged; empty if it was."""
    duration_s: float = 0.0
    path: Path | None = None
    case: Case | None = field(default=None, repr=False)
    judgements: tuple[Judgement, ...] = ()
    not_judged: int = 0
    """Number of statements that were not judged, because there is no model for it."""

    @property
    def passed(self) -> bool:
        """Whether every expectation that was checked was met."""
        return not self.problems and not self.error


@dataclass(frozen=True, slots=True)
class Options:
    """How tests are run."""

    concurrency: int = 8
    timeout_s: float | None = None
    """Time limit of one call; None for one that suits the test."""
    model: ModelAddress | None = None
    """The model that judges and plays callers; None for the emulator with the rules of each test."""


async def play_all(
    addresses: Addresses,
    cases: Sequence[PreparedCase],
    options: Options,
    on_result: Callable[[Result], None] = lambda _result: None,
) -> list[Result]:
    """Play all cases and check their expectations; a failure of one does not affect the others.

    Raises:
        BusError: the system's NATS server does not respond.
    """
    slots = asyncio.Semaphore(options.concurrency)
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(open_bus(addresses.nats_url))
        telephone = await stack.enter_async_context(open_telephone(addresses.telephone_url))
        model = options.model or ModelAddress(f"{addresses.openai_url}/v1", "sandbox", "")
        client = await stack.enter_async_context(open_model(model.base_url, model.api_key))
        player = _Player(bus, telephone, client, addresses, options)

        await _register_people(telephone, cases)

        async def play(prepared: PreparedCase) -> Result:
            async with slots:
                result = await player.result(prepared)
                on_result(result)
                return result

        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(play(prepared)) for prepared in cases]
        return [task.result() for task in running]


async def _register_people(telephone: Telephone, cases: Sequence[PreparedCase]) -> None:
    """Set who answers each number; the numbers of a run are those of one telephone network."""
    registered: dict[str, object] = {}
    for prepared in cases:
        for number, person in prepared.case.people.items():
            if number not in registered:
                await telephone.register_callee(number, person)
            registered.setdefault(number, person)


def check(outcome: Outcome, case: Case) -> tuple[str, ...]:
    """Every expectation that was not met, with the line of the file that has it."""
    problems = [
        f"{case.path.name}:{expectation.line}: {expectation.key}: {problem}"
        for expectation in case.expect
        if (problem := expectation.check(outcome))
    ]
    keys = {expectation.key for expectation in case.expect}
    if case.persona is not None and "goal reached" not in keys and outcome.played.goal != "reached":
        problems.append(f"{case.path.name}: the goal of the caller: {outcome.played.goal}")
    return tuple(problems)


def time_limit_s(case: Case) -> float:
    """A time limit that suits the test's caller."""
    if case.persona is not None:
        return DEFAULT_TIMEOUT_S + case.persona.max_turns * _LINE_TIMEOUT_S
    recorded_s = case.recorded.duration_ms / 1000 if case.recorded else 0.0
    return DEFAULT_TIMEOUT_S + 1.5 * recorded_s


@dataclass(frozen=True, slots=True)
class _Player:
    """Plays single conversations through the connections of a run."""

    bus: Bus
    telephone: Telephone
    model: ModelClient
    addresses: Addresses
    options: Options

    async def result(self, prepared: PreparedCase) -> Result:
        """The result of one test, also of one that cannot be played."""
        case, started_s = prepared.case, time.monotonic()
        result = Result(case.name, case.about, path=case.path, case=case)
        timeout_s = self.options.timeout_s or time_limit_s(case)
        try:
            played, error = await self._play(prepared, timeout_s)
            outcome = Outcome(played)
            if error:
                result = replace(result, outcome=outcome, error=error)
            else:
                result = replace(result, outcome=outcome, problems=check(outcome, case))
                result = await self._judged(result, prepared, outcome)
        except (SandboxError, BusError, CaseError, ModelFailed) as failure:
            result = replace(result, error=str(failure))
        except Exception as failure:  # a failure of one test must not end the others
            first = flatten_group(failure)[0]
            result = replace(result, error=f"{type(first).__name__}: {first}")
        return replace(result, duration_s=time.monotonic() - started_s)

    async def _play(self, prepared: PreparedCase, timeout_s: float) -> tuple[PlayedConversation, str]:
        """The conversation, and why it was broken off; an empty text if it was not."""
        case = prepared.case
        if case.persona is not None:
            self._model_for(prepared.caller_scenario, "the caller is played by a model", "caller.model")
        numbers = {"from_": case.call.from_number, "to": case.call.to_number}
        query = urlencode({"agent": prepared.agent, **case.call.parameters})
        call_sid = await self.telephone.call(
            case.script,
            voice_url=f"{self.addresses.edge_url}/voice?{query}",
            faults=case.network or None,
            **{name: number for name, number in numbers.items() if number},
        )
        if prepared.scenario is not None and self.addresses.openai_url:
            await self._set_scenario(call_sid, prepared.scenario)
        events: list[Event] = []
        goal = error = ""
        try:
            async with asyncio.timeout(timeout_s):
                if case.persona is None:
                    await self._collect(call_sid, events)
                else:
                    goal = await self._play_persona(case.persona, prepared, call_sid, events)
        except TimeoutError:
            error = f"the call did not end within {timeout_s:g} s"
            await self._hang_up(call_sid)
        except ModelFailed as failure:
            error = str(failure)
        report = await self.telephone.report(call_sid, decode_tone=True)
        agent = case.agent_file.stem if case.agent_file else case.name
        return PlayedConversation(call_sid, report, tuple(events), agent, goal), error

    async def _play_persona(
        self, persona: Persona, prepared: PreparedCase, call_sid: str, events: list[Event]
    ) -> str:
        model = self._model_for(prepared.caller_scenario, "", "")
        failure: Exception | None = None
        goal = ""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._collect(call_sid, events))
            try:
                goal = await ModelCaller(persona, self.model, model, self.telephone, events).run(call_sid)
            except (ModelFailed, SandboxError) as error:
                # Without its caller the call would last until its time limit.
                failure = error
                await self._hang_up(call_sid)
        if failure is not None:
            raise failure
        return goal

    async def _collect(self, call_sid: str, events: list[Event]) -> None:
        async for event in follow(self.bus, call_sid):
            events.append(event)

    async def _hang_up(self, call_sid: str) -> None:
        try:
            await self.telephone.hang_up(call_sid)
        except SandboxError:
            # The call has ended already.
            return

    async def _judged(self, result: Result, prepared: PreparedCase, outcome: Outcome) -> Result:
        case = prepared.case
        if not case.judged:
            return result
        if self.options.model is None and prepared.judge_scenario is None:
            return replace(result, not_judged=len(case.judged))
        model = self._model_for(prepared.judge_scenario, "", "")
        judgements = tuple([await judge(self.model, model, outcome, text) for text in case.judged])
        failed = [
            f"{case.path.name}: judged: {j.statement!r}: no: {j.reason}" for j in judgements if not j.holds
        ]
        return replace(result, judgements=judgements, problems=(*result.problems, *failed))

    def _model_for(self, scenario: Path | None, purpose: str, key: str) -> str:
        """Name of the model to ask: the real one, else the test's scenario."""
        if self.options.model is not None:
            return self.options.model.model
        if scenario is None:
            raise CaseError(f"{purpose}: run it with --live, or write its lines in `{key}`")
        return str(scenario)

    async def _set_scenario(self, call_sid: str, scenario: Path) -> None:
        """Let the emulated model answer every agent of this call from the test's rules."""
        url = f"{self.addresses.openai_url}/sandbox/calls/{call_sid}/scenario"
        try:
            async with httpx.AsyncClient(timeout=_EMULATOR_TIMEOUT_S, trust_env=False) as client:
                reply = await client.put(url, json={"scenario": str(scenario)})
                reply.raise_for_status()
        except httpx.HTTPError as error:
            raise SandboxError(f"{url} rejected the scenario: {error!r}") from None
