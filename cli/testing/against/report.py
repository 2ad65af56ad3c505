"""Shows differences between calls: in a terminal, as HTML and as JSON. No I/O, no clock."""

import base64
import html
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.testing.against.compare import CallComparison, TurnPair, words_changed
from cli.testing.outcome import Outcome
from cli.testing.reports.entries import entries
from cli.testing.reports.html_report import page
from cli.testing.reports.timeline import timeline
from cli.testing.turns import TurnSummary

_NONE = "(no such turn)"
_COLUMNS = ("caller", "recorded", "changed agent", "tools", "first audio")
_STYLES = {"same": "", "removed": "red strike", "added": "green"}
_TAGS = {"same": "span", "removed": "del", "added": "ins"}


@dataclass(frozen=True, slots=True)
class Comparison:
    """The comparison of one recorded call; `error` if it could not be played."""

    name: str
    comparison: CallComparison | None = None
    outcome: Outcome | None = None
    error: str = ""

    @property
    def differs(self) -> bool:
        """Whether anything differs, or the call could not be played."""
        return self.comparison is None or self.comparison.differs


def terminal_report(found: Comparison) -> RenderableType:
    """The turns that differ, as a table."""
    call = found.comparison
    if call is None:
        return Text(f"{found.name}: {found.error}", style="red")
    different = [pair for pair in call.turns if pair.differs]
    heading = f"{found.name}: {len(different)} of {len(call.turns)} turns differ"
    if not found.differs:
        return Text(
            f"{found.name}: no difference in {len(call.turns)} turns{_latency_note(call)}", style="green"
        )
    table = Table(*_COLUMNS, title=heading, show_lines=True)
    for pair in different:
        table.add_row(*_cells(pair))
    lines: list[RenderableType] = [table] if different else [Text(heading)]
    if not call.same_end:
        lines.append(
            Text(f"end: {call.before.ended_by or 'none'} → {call.after.ended_by or 'none'}", "yellow")
        )
    return Group(*lines)


def json_report(found: Sequence[Comparison]) -> str:
    """All comparisons as JSON."""
    calls = [
        {
            "name": one.name,
            "differs": one.differs,
            "error": one.error,
            "turns": [
                {
                    "differs": pair.differs,
                    "before": asdict(pair.before) if pair.before else None,
                    "after": asdict(pair.after) if pair.after else None,
                }
                for pair in (one.comparison.turns if one.comparison else ())
            ],
            "ended_by": [one.comparison.before.ended_by, one.comparison.after.ended_by]
            if one.comparison
            else [],
        }
        for one in found
    ]
    return json.dumps({"calls": calls}, indent=2, ensure_ascii=False)


def html_report(
    found: Sequence[Comparison], agent: str, recordings: Mapping[str, bytes], at: datetime
) -> str:
    """A page with every turn of every call, before and after."""
    different = sum(one.differs for one in found)
    verdict = (
        f"{different} of {len(found)} calls differ" if different else f"{len(found)} calls, no difference"
    )
    kind = "bad" if different else "good"
    body = [
        f'<header class="{kind}"><h1>Recorded calls against {html.escape(agent)}</h1>',
        f'<p class="verdict">{verdict}</p><p>{at:%Y-%m-%d %H:%M}</p></header><main>',
        *(_card(one, recordings) for one in sorted(found, key=lambda one: not one.differs)),
        "</main>",
    ]
    return page(f"{verdict}: {agent}", "\n".join(body))


def _cells(pair: TurnPair) -> Iterator[RenderableType]:
    before, after = pair.before, pair.after
    yield _caller_text(pair)
    if before is None or after is None:
        yield before.agent if before else Text(_NONE, style="dim")
        yield after.agent if after else Text(_NONE, style="dim")
    else:
        yield before.agent
        yield Text(" ").join(
            Text(words, _STYLES[kind]) for kind, words in words_changed(before.agent, after.agent)
        )
    yield _both(_tools(before), _tools(after))
    yield _both(_latency(before), _latency(after))


def _caller_text(pair: TurnPair) -> str:
    before, after = (turn.caller if turn else "" for turn in (pair.before, pair.after))
    if before and after and before != after:
        return f"{before}\n→ {after}"
    return before or after or "(greeting)"


def _tools(turn: TurnSummary | None) -> str:
    return ", ".join(turn.tools) if turn else ""


def _latency(turn: TurnSummary | None) -> str:
    return f"{turn.latency_ms} ms" if turn and turn.latency_ms is not None else ""


def _both(before: str, after: str) -> str:
    return before if before == after else f"{before or 'none'} → {after or 'none'}"


def _latency_note(call: CallComparison) -> str:
    pairs = [
        (pair.before.latency_ms, pair.after.latency_ms)
        for pair in call.turns
        if pair.before and pair.after and pair.before.latency_ms and pair.after.latency_ms
    ]
    if not pairs:
        return ""
    changes = [after - before for before, after in pairs]
    return f"; first audio {sum(changes) / len(changes):+.0f} ms on average"


def _card(one: Comparison, recordings: Mapping[str, bytes]) -> str:
    label, status = ("failed", "differs") if one.differs else ("passed", "same")
    heading = f'<span class="status">{status}</span><span class="name">{html.escape(one.name)}</span>'
    is_open = " open" if one.differs else ""
    parts = [f'<details class="card {label}"{is_open}><summary>{heading}</summary>']
    if one.comparison is None:
        parts.append(f'<ul class="problems"><li>{html.escape(one.error)}</li></ul>')
    else:
        rows = "".join(_row(pair) for pair in one.comparison.turns)
        ends = _both(one.comparison.before.ended_by, one.comparison.after.ended_by)
        mark = "" if one.comparison.same_end else ' class="differs"'
        end = f'<tr{mark}><td>(end)</td><td colspan="4">{html.escape(ends)}</td></tr>'
        head = "".join(f"<th>{name}</th>" for name in _COLUMNS)
        parts.append(f"<table><tr>{head}</tr>{rows}{end}</table>")
    if one.outcome is not None:
        recording = recordings.get(one.outcome.played.call_sid, b"")
        if recording:
            encoded = base64.b64encode(recording).decode()
            parts.append(f'<audio controls preload="none" src="data:audio/mpeg;base64,{encoded}"></audio>')
        parts.append(timeline(entries(one.outcome), one.outcome.duration_ms))
    return "\n".join([*parts, "</details>"])


def _row(pair: TurnPair) -> str:
    before, after = pair.before, pair.after
    old = html.escape(before.agent) if before else f"<i>{_NONE}</i>"
    new = f"<i>{_NONE}</i>"
    if after is not None:
        changes = words_changed(before.agent, after.agent) if before else [("added", after.agent)]
        new = " ".join(f"<{_TAGS[kind]}>{html.escape(words)}</{_TAGS[kind]}>" for kind, words in changes)
    tools = html.escape(_both(_tools(before), _tools(after)))
    latency = html.escape(_both(_latency(before), _latency(after)))
    mark = ' class="differs"' if pair.differs else ""
    caller = html.escape(_caller_text(pair))
    cells = "".join(f"<td>{cell}</td>" for cell in (caller, old, new, tools))
    return f'<tr{mark}>{cells}<td class="num">{latency}</td></tr>'
