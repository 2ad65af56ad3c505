"""`parley replay`: a call folded again from its log, step by step; checked against today's code; forked."""

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.call_log import open_bus
from cli.calls import NoSystem, nats_url_of
from cli.fork import Forked, fork
from parley.agent_config import AgentConfig, load_agent_config
from parley.bus import streams, subjects
from parley.clock import CallClock
from parley.errors import BusError, ConfigError, ProviderError
from parley.events.envelope import event_body, event_name, parse
from parley.events.fencing import EventFence
from parley.v1 import reply_pb2, speech_pb2, work_pb2
from parley.v1.event_pb2 import Event
from services.brain.decision_replay import DecisionReplay, Difference
from services.brain.state import BrainState
from services.stt import restore as ears
from services.tts import position as voice

_NOT_SHOWN = ("transcript_updated", "playback_progressed", "stage_claimed")
_TEXT = 60


async def replay(home: Path, call_sid: str, console: Console, *, check: bool, agents: str, agent: str) -> int:
    """Show a call's steps, or with `check` where today's code would act otherwise; 1 if it would."""
    try:
        events = await read_events(home, call_sid)
        if not check:
            for line in steps(events):
                console.print(line, soft_wrap=True)
            return 0
        found = differences(events, load_agent_config(agents, agent or _agent_of(events)))
    except (NoSystem, BusError, ConfigError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print(told(events, found))
    return int(bool(found))


async def replay_fork(
    home: Path, call_sid: str, turn: int, console: Console, *, agents: str, agent: str
) -> int:
    """Go on from a turn with another agent file: what it would have answered; 1 if that cannot be told."""
    try:
        events = await read_events(home, call_sid)
        other = load_agent_config(agents, agent or _agent_of(events))
        answers = await fork(home, events, turn, other)
    except (NoSystem, BusError, ConfigError, ProviderError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    console.print(side_by_side(answers, other.name))
    return 0


async def read_events(home: Path, call_sid: str) -> list[Event]:
    """A call's log, past owners' words left out.

    Raises:
        NoSystem: none is up.
        BusError: the log cannot be read, or there is none.
    """
    async with open_bus(nats_url_of(home)) as bus:
        messages = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    fence = EventFence()
    events = [event for m in messages if (event := parse(m.data)) is not None and fence.admit(event)]
    if not events:
        raise BusError(f"no log of {call_sid}; is the CallSid right?")
    return events


def _agent_of(events: Sequence[Event]) -> str:
    return next((e.call_started.agent for e in events if e.HasField("call_started")), "")


def differences(events: Iterable[Event], agent: AgentConfig) -> list[Difference]:
    """Where the brain of today would act otherwise than was done."""
    rehearsal = DecisionReplay(agent)
    return [difference for event in events for difference in rehearsal.feed(event)]


def told(events: Sequence[Event], found: Sequence[Difference]) -> Table | Text:
    """The differences, or that there are none."""
    if not found:
        return Text(f"{len(events)} events: today's code would do the same", style="green")
    table = Table(title=f"{len(found)} differences in {len(events)} events")
    table.add_column("at", justify="right")
    table.add_column("then")
    table.add_column("today")
    for difference in found:
        row = (difference.action, "-") if difference.side == "then" else ("-", difference.action)
        table.add_row(f"{difference.at_ms / 1000:.2f} s", *row)
    return table


def steps(events: Iterable[Event]) -> list[Text]:
    """Each event, and under it what each stage came to know by it."""
    clock: CallClock | None = None
    knows, hears, speaks = BrainState(), ears.SttState(), voice.Position()
    lines: list[Text] = []
    for event in events:
        clock = clock or CallClock(event.sent_at_us)
        at_ms = clock.ms_at(event.sent_at_us)
        before = (_of_brain(knows), _of_stt(hears), _of_tts(speaks))
        knows, hears = knows.evolve(event, at_ms), ears.evolve(hears, event)
        speaks = voice.evolve(speaks, event_body(event))
        after = (_of_brain(knows), _of_stt(hears), _of_tts(speaks))
        body = event_body(event)
        if body is None or event_name(body) in _NOT_SHOWN:
            continue
        lines.append(_step(at_ms, event))
        for stage, was, now in zip(("brain", "stt", "tts"), before, after, strict=True):
            if was != now:
                lines.append(Text(f"{'':20}{stage} knows: {now}", style="dim"))
    return lines


def _step(at_ms: int, event: Event) -> Text:
    body = event_body(event)
    line = Text(f"{at_ms / 1000:8.3f}  ", style="dim")
    line.append(f"{event.stage:9} ", style="cyan")
    line.append(event_name(body) if body is not None else "?")
    line.append(f"  {_brief(event)}", style="bold")
    return line


def _brief(event: Event) -> str:
    match event_body(event):
        case speech_pb2.TurnEnded(text=text, decided_by=decided_by):
            return f"{text[:_TEXT]!r} ({decided_by})"
        case speech_pb2.EagerEndOfTurn(text=text):
            return repr(text[:_TEXT])
        case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
            return f"{reply_id} {text[:_TEXT]!r}"
        case reply_pb2.ReplyStarted(reply_id=reply_id, turn=turn, speculative=held):
            return f"{reply_id} to turn {turn}{', held back' * held}"
        case work_pb2.StageFailed(code=code, provider=provider):
            return f"{provider} {code}"
        case body:
            return str(getattr(body, "reply_id", "") or getattr(body, "reason", ""))


def _of_brain(knows: BrainState) -> str:
    known = knows.conversation
    parts = [f"turn {known.unanswered_turn} wants an answer" if known.unanswered_turn is not None else ""]
    for reply in known.active_replies:
        state = "held back" if reply.speculative else "held" if reply.paused else "on"
        parts.append(f"{reply.reply_id} {state}, heard {reply.played_samples / 8000:.1f} s")
    parts += [f"tool {use.name} at work" for use in known.pending_tool_calls]
    parts.append("the caller speaks" if knows.floor.speaking else "")
    return "; ".join(part for part in parts if part) or "nothing to do"


def _of_stt(hears: ears.SttState) -> str:
    known = hears.transcript
    return f"turn {known.turn}, heard to {known.final_end_ms} ms"


def _of_tts(speaks: voice.Position) -> str:
    open_ = [f"{reply.reply_id} from clause {reply.next_clause}" for reply in speaks.unfinished]
    return f"to speak: {', '.join(open_) or 'nothing'}"


def side_by_side(answers: Sequence[Forked], name: str) -> Table:
    """What was answered, and what would have been."""
    table = Table("turn", "the caller", "then", f"with {name}", title="Forked", show_lines=True)
    for answer in answers:
        table.add_row(str(answer.turn), answer.caller_text, answer.then, answer.now)
    return table


def run_replay(home: Path, call_sid: str, *, check: bool, fork_from: int, agents: str, agent: str) -> int:
    """The command."""
    console = Console()
    if fork_from:
        return asyncio.run(replay_fork(home, call_sid, fork_from, console, agents=agents, agent=agent))
    return asyncio.run(replay(home, call_sid, console, check=check, agents=agents, agent=agent))
