"""Measures the cost of an event in each stage's fold, the size of the states and of the brain's request."""

import copy
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from bench.growth.synthetic_call import SyntheticCall
from parley.agent_config import AgentConfig
from parley.clock import CallClock
from parley.events.facts import FACTS
from parley.events.fold import Fold
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import ConversationSummarized
from services.brain.generation.prompt import build_messages
from services.brain.policies import history_policy
from services.brain.session_log import BRAIN
from services.brain.state import BrainState
from services.edge.outbound.player_state import PLAYER
from services.recorder.live_state import RECORDER
from services.stt.restore import STT
from services.tts.progress import TTS

FOLDS: tuple[Fold[Any], ...] = (FACTS, STT, BRAIN, TTS, PLAYER, RECORDER)
_NOTES = "The caller wants to book a visit, has the number 0304 4712, and chose Tuesday at ten. " * 12


@dataclass(frozen=True, slots=True)
class FoldCosts:
    """The figures at one time of a call."""

    minutes: float
    events: int
    """Events up to then."""
    us_per_event: dict[str, float]
    """Process time per event of the following minute, in microseconds, by fold."""
    state_bytes: dict[str, int]
    """Size of each fold's encoded state."""
    prompt_characters: int
    """Length of a request's messages, without the agent's prompt."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """The states at one time of the call, and the events of the following minute with their call times."""

    minutes: float
    events: int
    states: dict[str, Any]
    following: list[tuple[Event, int]]


def measure_folds(minutes: Sequence[float], *, repeats: int, progress_ms: int) -> list[FoldCosts]:
    """Fold one call; at each time in ascending order, measure the folds of the following minute."""
    agent = AgentConfig(name="growth", prompt="x")
    call = SyntheticCall(progress_ms=progress_ms)
    clock = CallClock(call.started_at_us)
    states: dict[str, Any] = {fold.name: fold.initial() for fold in FOLDS}
    cuts: list[_Cut] = []
    count = 0
    stream = call.events(max(minutes) + 0.01)
    for mark in sorted(minutes):
        for event in stream:
            count += 1
            for one in (event, *_summary(states, agent, call)):
                _fold(states, one, clock)
            if call.now_ms >= mark * 60_000:
                break
        following = [(event, clock.ms_at(event.sent_at_us)) for event in call.next_minute()]
        cuts.append(_Cut(mark, count, copy.deepcopy(states), following))
    return [
        FoldCosts(
            cut.minutes,
            cut.events,
            costs,
            {fold.name: len(fold.codec.encode(cut.states[fold.name])) for fold in FOLDS if fold.codec},
            prompt_characters(agent, cut.states[BRAIN.name]),
        )
        for cut, costs in zip(cuts, _costs(cuts, repeats), strict=True)
    ]


def prompt_characters(agent: AgentConfig, state: BrainState) -> int:
    """Return the length of a request's messages, without the agent's prompt."""
    messages = build_messages(agent, state.conversation)
    return sum(len(str(message.get("content") or "")) for message in messages) - len(agent.prompt)


def _summary(states: dict[str, Any], agent: AgentConfig, call: SyntheticCall) -> list[Event]:
    """The notes that the brain would have in its log at this time."""
    state = states[BRAIN.name]
    decision = history_policy.decide(state.floor, state.conversation, agent)
    if decision is None:
        return []
    return [
        call.own_event(
            ConversationSummarized(
                through_reply_id=decision.split.last_reply_id,
                through_turn=decision.split.last_turn,
                text=_NOTES,
            )
        )
    ]


def _fold(states: dict[str, Any], event: Event, clock: CallClock) -> None:
    at_ms = clock.ms_at(event.sent_at_us)
    for fold in FOLDS:
        states[fold.name] = fold.evolve(states[fold.name], event, at_ms)


def _costs(cuts: Sequence[_Cut], repeats: int) -> list[dict[str, float]]:
    """The costs per event in microseconds; the cuts take turns, because other processes disturb the times.

    The median of the three fastest repetitions counts: a disturbance only makes one slower.
    """
    seconds: list[dict[str, list[float]]] = [{fold.name: [] for fold in FOLDS} for _ in cuts]
    for _ in range(repeats):
        for cut, own in zip(cuts, seconds, strict=True):
            for fold in FOLDS:
                own[fold.name].append(_time(fold, cut))
    return [
        {name: median(sorted(times)[:3]) / len(cut.following) * 1e6 for name, times in own.items()}
        for cut, own in zip(cuts, seconds, strict=True)
    ]


def _time(fold: Fold[Any], cut: _Cut) -> float:
    state = copy.deepcopy(cut.states[fold.name])
    began_s = time.process_time()
    for event, at_ms in cut.following:
        state = fold.evolve(state, event, at_ms)
    return time.process_time() - began_s
