"""`parley replay`: shows a recorded call step by step, checks it against the current code, or forks it."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.call_log import open_bus
from cli.calls import SystemNotRunning, nats_url_of
from cli.fork import ForkedTurn, fork
from parley.agent_config import AgentConfig, call_data, rendered
from parley.agent_store import AgentBucket, AgentStore
from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.bus import streams, subjects
from parley.clock import CallClock
from parley.errors import BusError, ConfigError, ProviderError
from parley.events.envelope import event_body, event_name, parse
from parley.events.fencing import EventFence
from parley.runtime.call_agents import CallAgents
from parley.v1 import reply_pb2, speech_pb2, work_pb2
from parley.v1.event_pb2 import Event
from services.brain.decision_replay import DecisionReplay, Difference
from services.brain.state import BrainState
from services.stt import restore as stt_state
from services.tts import progress as tts_state

_HIDDEN_EVENTS = ("transcript_updated", "playback_progressed", "stage_claimed", "stage_released")
_MAX_TEXT_CHARS = 60


async def replay(home: Path, call_sid: str, console: Console, *, check: bool, agents: str, agent: str) -> int:
    """Print the steps of a call, or with `check` how the current code differs; return 1 on differences."""
    try:
        events = await read_events(home, call_sid)
        if not check:
            for line in steps(events):
                console.print(line, soft_wrap=True)
            return 0
        found = await compare(home, events, agents, agent)
    except (SystemNotRunning, BusError, ConfigError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print(difference_table(events, found))
    return int(bool(found))


async def replay_fork(
    home: Path, call_sid: str, turn: int, console: Console, *, agents: str, agent: str
) -> int:
    """Print the answers of another agent file from a turn on; return 1 on an error."""
    try:
        events = await read_events(home, call_sid)
        other = await load_agent(home, events, agents, agent)
        turns = await fork(home, events, turn, other)
    except (SystemNotRunning, BusError, ConfigError, ProviderError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print(fork_table(turns, other.name))
    return 0


async def read_events(home: Path, call_sid: str) -> list[Event]:
    """Read a call's log without the events of fenced owners.

    Raises:
        SystemNotRunning: no system is running.
        BusError: the log cannot be read or does not exist.
    """
    async with open_bus(nats_url_of(home)) as bus:
        messages = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    fence = EventFence()
    events = [event for m in messages if (event := parse(m.data)) is not None and fence.admit(event)]
    if not events:
        raise BusError(f"no log of {call_sid}; is the CallSid right?")
    return events


async def load_agent(home: Path, events: Sequence[Event], folder: str, name: str) -> AgentConfig:
    """Return the agent of a file in `folder`; without a name, the call's own agent in its version.

    Raises:
        SystemNotRunning: no system is running.
        BusError: the bus cannot be reached.
        ConfigError: there is no such agent, or it is wrong.
    """
    started = next((event for event in events if event.HasField("call_started")), Event())
    data, body = call_data(started), started.call_started
    if name:
        return rendered(AgentStore(folder).current(name).config, data)
    async with open_bus(nats_url_of(home)) as bus:
        return rendered(await AgentStore(folder, AgentBucket(bus)).load(body.agent, body.agent_version), data)


async def compare(home: Path, events: Sequence[Event], folder: str, name: str) -> list[Difference]:
    """Return the actions that differ between the recorded call and the brain's current code.

    After a hand-off, or in another language, the code decides as that agent does.

    Raises:
        SystemNotRunning: no system is running.
        BusError: the bus cannot be reached.
        ConfigError: an agent of the call does not exist, or it is wrong.
    """
    first = await load_agent(home, events, folder, name)
    started = next((event for event in events if event.HasField("call_started")), Event())
    version = "" if name else started.call_started.agent_version
    async with open_bus(nats_url_of(home)) as bus:
        # The agents of hand-offs are those of the call, even if another file answers it here.
        store = AgentStore(folder, AgentBucket(bus))
        return await differences(events, first, CallAgents(first, version, store, call_data(started)))


async def differences(events: Iterable[Event], first: AgentConfig, agents: CallAgents) -> list[Difference]:
    """Return the differences of a call that `first` answers; `agents` finds the others.

    Raises:
        ConfigError: an agent of the call does not exist, or it is wrong.
    """
    decision_replay, found = DecisionReplay(first), []
    for event in events:
        found += decision_replay.feed(event)
        if event.HasField("agent_changed") or event.HasField("language_changed"):
            agent = decision_replay.state.conversation.agent
            decision_replay.change_agent(
                (await agents.find(agent.name, agent.version, agent.language)).config
            )
    return found


def difference_table(events: Sequence[Event], found: Sequence[Difference]) -> Table | Text:
    """Format the differences as a table."""
    if not found:
        return Text(f"{len(events)} events: the current code takes the same actions", style="green")
    table = Table(title=f"{len(found)} differences in {len(events)} events")
    table.add_column("at", justify="right")
    table.add_column("recorded")
    table.add_column("current code")
    for difference in found:
        is_recorded = difference.side == "recorded"
        row = (difference.action, "-") if is_recorded else ("-", difference.action)
        table.add_row(f"{difference.at_ms / 1000:.2f} s", *row)
    return table


def steps(events: Iterable[Event]) -> list[Text]:
    """Format each event, followed by the stages' states that it changed."""
    clock: CallClock | None = None
    brain, stt, tts = BrainState(), stt_state.SttState(), tts_state.SynthesisProgress()
    lines: list[Text] = []
    for event in events:
        clock = clock or CallClock(event.sent_at_us)
        at_ms = clock.ms_at(event.sent_at_us)
        before = (_describe_brain(brain), _describe_stt(stt), _describe_tts(tts))
        brain, stt = brain.evolve(event, at_ms), stt_state.evolve(stt, event)
        tts = tts_state.evolve(tts, event_body(event))
        after = (_describe_brain(brain), _describe_stt(stt), _describe_tts(tts))
        body = event_body(event)
        if body is None or event_name(body) in _HIDDEN_EVENTS:
            continue
        lines.append(_step(at_ms, event))
        for stage, old, new in zip(("brain", "stt", "tts"), before, after, strict=True):
            if old != new:
                lines.append(Text(f"{'':20}{stage} state: {new}", style="dim"))
    return lines


def _step(at_ms: int, event: Event) -> Text:
    body = event_body(event)
    line = Text(f"{at_ms / 1000:8.3f}  ", style="dim")
    line.append(f"{event.stage:9} ", style="cyan")
    line.append(event_name(body) if body is not None else "?")
    line.append(f"  {_summarize(event)}", style="bold")
    return line


def _summarize(event: Event) -> str:
    match event_body(event):
        case speech_pb2.TurnEnded(text=text, decided_by=decided_by):
            return f"{text[:_MAX_TEXT_CHARS]!r} ({decided_by})"
        case speech_pb2.EagerEndOfTurn(text=text):
            return repr(text[:_MAX_TEXT_CHARS])
        case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
            return f"{reply_id} {text[:_MAX_TEXT_CHARS]!r}"
        case reply_pb2.ReplyStarted(reply_id=reply_id, turn=turn, speculative=speculative):
            return f"{reply_id} to turn {turn}{', speculative' * speculative}"
        case work_pb2.StageFailed(code=code, provider=provider):
            return f"{provider} {code}"
        case body:
            return str(getattr(body, "reply_id", "") or getattr(body, "reason", ""))


def _describe_brain(state: BrainState) -> str:
    conversation = state.conversation
    turn = conversation.unanswered_turn
    parts = [f"turn {turn} is unanswered"] if turn is not None else []
    for reply in conversation.active_replies:
        status = "speculative" if reply.speculative else "paused" if reply.paused else "active"
        parts.append(f"{reply.reply_id} {status}, {reply.played_samples / SAMPLE_RATE_HZ:.1f} s played")
    parts += [f"tool {call.name} is running" for call in conversation.pending_tool_calls]
    if state.floor.speaking:
        parts.append("the caller speaks")
    return "; ".join(parts) or "idle"


def _describe_stt(state: stt_state.SttState) -> str:
    transcript = state.transcript
    return f"turn {transcript.turn}, final transcript up to {transcript.final_end_ms} ms"


def _describe_tts(state: tts_state.SynthesisProgress) -> str:
    unfinished = [f"{reply.reply_id} from clause {reply.next_clause}" for reply in state.unfinished]
    return f"to synthesize: {', '.join(unfinished) or 'nothing'}"


def fork_table(turns: Sequence[ForkedTurn], agent_name: str) -> Table:
    """Format the recorded and the new answers side by side."""
    table = Table("turn", "caller", "recorded", f"with {agent_name}", title="Forked call", show_lines=True)
    for turn in turns:
        table.add_row(str(turn.turn), turn.caller_text, turn.recorded_answer, turn.new_answer)
    return table


def run_replay(home: Path, call_sid: str, *, check: bool, fork_from: int, agents: str, agent: str) -> int:
    """Run the command; return its exit code."""
    console = Console()
    if fork_from:
        return asyncio.run(replay_fork(home, call_sid, fork_from, console, agents=agents, agent=agent))
    return asyncio.run(replay(home, call_sid, console, check=check, agents=agents, agent=agent))
