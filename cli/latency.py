"""`parley latency`: where each turn's milliseconds went, drawn as a waterfall."""

from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.call_log import open_bus
from cli.calls import SystemNotRunning, nats_url_of
from cli.latency_budget import LatencyBudget, Part, read_budget
from cli.trace_links import trace_lines
from parley.bus import streams, subjects
from parley.errors import BusError, ConfigError
from parley.events.envelope import parse
from parley.latency.projection import turn_latencies
from parley.latency.turn import TurnLatency

_COLOURS: dict[Part, str] = {
    "endpointing": "cyan",
    "llm_ttft": "magenta",
    "first_clause": "blue",
    "tts_ttfb": "green",
    "playout": "yellow",
}
_WIDTH = 60
_MAX_TEXT = 48


async def show_latency(home: Path, call_sid: str, console: Console, *, trace_url: str | None = None) -> int:
    """Draw the turns of a call from its log; returns 1 if it has no turns.

    With `trace_url`, which may be empty, the trace of each turn is printed as well.
    """
    try:
        budget = read_budget()
        async with open_bus(nats_url_of(home)) as bus:
            messages = await bus.streams.read(streams.CALLS, subjects.call_log(call_sid))
    except (SystemNotRunning, BusError, ConfigError) as error:
        console.print(Text(str(error), style="red"))
        return 1
    events = [event for message in messages if (event := parse(message.data)) is not None]
    turns = turn_latencies(events)
    if not turns:
        console.print(Text(f"no turns of {call_sid} in the log; is the CallSid right?", style="red"))
        return 1
    for line in waterfall(turns, budget):
        console.print(line, soft_wrap=True)
    if trace_url is not None:
        for line in trace_lines(call_sid, [turn.turn for turn in turns], trace_url):
            console.print(line, soft_wrap=True)
    return 0


def waterfall(turns: tuple[TurnLatency, ...], budget: LatencyBudget) -> list[Text]:
    """One line per turn: a bar as long as its latency, coloured by part, and the parts over budget."""
    max_ms = max((turn.latency_ms or 0 for turn in turns), default=0) or 1
    legend = Text("     ")
    for name, colour in _COLOURS.items():
        legend.append("█ ", style=colour).append(f"{name} ≤ {budget.parts[name].p95_ms}   ")
    legend.append("(ms, by the budget's p95)", style="dim")
    return [legend, *(_bar(turn, max_ms, budget.exceeded(turn)) for turn in turns)]


def _bar(turn: TurnLatency, max_ms: int, exceeded: tuple[Part, ...]) -> Text:
    line = Text(f"{turn.turn:3}  ")
    drawn = end_ms = 0
    parts = turn.parts_ms
    for name, colour in _COLOURS.items():
        end_ms += parts.get(name, 0)
        cells = round(end_ms * _WIDTH / max_ms) - drawn
        line.append("█" * cells, style=colour)
        drawn += cells
    line.append(" " * max(0, _WIDTH - drawn))
    shares = " + ".join(map(str, parts.values()))
    line.append(" no answer" if turn.latency_ms is None else f" {turn.latency_ms:5} ms = {shares}")
    if turn.overhead_ms is not None:
        line.append(f", overhead {turn.overhead_ms}", style="dim")
    if turn.playout_delay_ms is not None:
        line.append(f"; network {turn.playout_delay_ms}", style="dim")
    if exceeded:
        line.append(f"  over budget: {', '.join(exceeded)}", style="red")
    line.append(f"  {turn.caller_text[:_MAX_TEXT]}", style="dim")
    return line
