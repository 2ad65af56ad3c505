"""A test run as one HTML page: each call's time line, transcript and recording. No clock."""

import base64
import html
import statistics
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.resources import files

from cli.testing.judge import Judgement
from cli.testing.outcome import Outcome
from cli.testing.play import Result
from cli.testing.reports.entries import Entry, entries
from cli.testing.reports.junit import suite_name
from cli.testing.reports.timeline import timeline

_FOLDER = files("cli.testing.reports")


_FILTER = (
    '<nav><input id="filter" type="search" placeholder="Find a test" aria-label="Find a test">'
    '<label><input id="failed" type="checkbox"> failed only</label></nav><main>'
)


def html_page(
    results: Sequence[Result], seconds: float, recordings: Mapping[str, bytes], at: datetime
) -> str:
    """The page; `recordings` are MP3 by CallSid."""
    ordered = sorted(results, key=lambda result: (result.passed, suite_name(result), result.name))
    failed = sum(not result.passed for result in results)
    verdict = f"{failed} of {len(results)} failed" if failed else f"all {len(results)} passed"
    body = [
        f'<header class="{"bad" if failed else "good"}"><h1>Conversation tests</h1>',
        f'<p class="verdict">{verdict}</p>',
        f"<p>{at:%Y-%m-%d %H:%M} · {seconds:.0f} s{_overall(results)}</p>{_bar(results)}</header>",
        _FILTER,
        *(_card(result, recordings) for result in ordered),
        "</main>",
    ]
    return page(f"{verdict}: conversation tests", "\n".join(body))


def page(title: str, body: str) -> str:
    """A page with the style and the script of all reports."""
    style, script = (_FOLDER / "report.css").read_text("utf-8"), (_FOLDER / "report.js").read_text("utf-8")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{style}</style></head>\n<body>\n{body}\n<script>{script}</script></body></html>\n"
    )


def transcript_rows(found: Sequence[Entry]) -> str:
    """The entries as rows, each with its time, which is a button that seeks the recording."""
    return "\n".join(_row(entry) for entry in found)


def _overall(results: Sequence[Result]) -> str:
    latencies = [ms for result in results if result.outcome for ms in result.outcome.latencies_ms]
    if not latencies:
        return ""
    return f" · answers after {statistics.median(latencies):.0f} ms (median), {max(latencies)} ms at most"


def _bar(results: Sequence[Result]) -> str:
    parts = "".join(
        f'<i class="{"good" if result.passed else "bad"}" title="{html.escape(result.name)}"></i>'
        for result in sorted(results, key=lambda result: result.passed)
    )
    return f'<div class="bar">{parts}</div>'


def _card(result: Result, recordings: Mapping[str, bytes]) -> str:
    label = "error" if result.error else "passed" if result.passed else "failed"
    summary = (
        f'<summary><span class="status">{label}</span><span class="name">{html.escape(result.name)}</span>'
        f'<span class="suite">{html.escape(suite_name(result))}</span>'
        f'<span class="time">{result.duration_s:.1f} s</span>'
        f'<span class="about">{html.escape(result.about)}</span></summary>'
    )
    parts = [f'<details class="card {label}"{"" if result.passed else " open"}>', summary]
    problems = [*([result.error] if result.error else []), *result.problems]
    if problems:
        items = "".join(f"<li>{html.escape(problem)}</li>" for problem in problems)
        parts.append(f'<ul class="problems">{items}</ul>')
    parts += [_judged(judgement) for judgement in result.judgements]
    if result.not_judged:
        parts.append(f'<p class="judged">{result.not_judged} statements were not judged: no model</p>')
    if result.outcome is not None:
        parts += _call(result.outcome, recordings.get(result.outcome.played.call_sid, b""))
    parts.append("</details>")
    return "\n".join(parts)


def _judged(judgement: Judgement) -> str:
    answer = "yes" if judgement.holds else "no"
    statement, reason = html.escape(judgement.statement), html.escape(judgement.reason)
    return f'<p class="judged {answer}"><b>{answer}</b> {statement} <i>{reason}</i></p>'


def _call(outcome: Outcome, recording: bytes) -> Iterator[str]:
    found = entries(outcome)
    yield f'<dl class="facts">{"".join(_facts(outcome))}</dl>'
    if recording:
        encoded = base64.b64encode(recording).decode()
        yield f'<audio controls preload="none" src="data:audio/mpeg;base64,{encoded}"></audio>'
    yield timeline(found, outcome.duration_ms)
    yield f'<div class="transcript">{transcript_rows(found)}</div>'
    events = html.escape("\n".join(outcome.event_lines()))
    count = f"{len(outcome.events)} events"
    yield f'<details class="events"><summary>{count}</summary><pre>{events}</pre></details>'


def _facts(outcome: Outcome) -> Iterator[str]:
    latencies = outcome.latencies_ms
    facts = {
        "call": outcome.played.call_sid,
        "length": f"{outcome.duration_ms / 1000:.1f} s",
        "ended by": outcome.ended_by or "none",
        "first audio": f"p50 {statistics.median(latencies):.0f}, max {max(latencies)} ms"
        if latencies
        else "none",
        "interruptions": str(outcome.interruptions),
        "tools": ", ".join(call.name for call in outcome.tools) or "none",
    }
    if outcome.played.goal:
        facts["caller's goal"] = outcome.played.goal
    for name, value in facts.items():
        yield f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"


def _row(entry: Entry) -> str:
    chips = ""
    if entry.latency_ms is not None:
        chips += f'<span class="chip">{entry.latency_ms} ms</span>'
    if entry.interrupted:
        chips += '<span class="chip cut">interrupted</span>'
    note = f'<div class="note">{html.escape(entry.note)}</div>' if entry.note else ""
    failed = " failed" * entry.failed
    return (
        f'<div class="row {entry.kind}{failed}"><button class="at" data-ms="{entry.start_ms}">'
        f'{entry.start_ms / 1000:.1f}</button><span class="side">{entry.kind}</span>'
        f'<div class="text">{html.escape(entry.text)}{chips}{note}</div></div>'
    )
