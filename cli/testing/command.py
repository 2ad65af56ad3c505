"""`parley test`: runs the conversation tests of agents and reports the results."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from cli.testing.collect import NoTests, collect
from cli.testing.play import Result
from cli.testing.reports import html_report, json_report, junit, terminal
from cli.testing.run import RunOptions, run_cases, run_stoppable

_USAGE_ERROR = 2


def run_tests(options: RunOptions) -> int:
    """Run the tests; return 0 if all passed, 1 if not, 2 if none could be run."""
    # With --json, standard output has nothing but the report.
    console = Console(stderr=options.as_json, highlight=False)
    try:
        collected = collect(options.targets, options.words, options.agent)
    except NoTests as error:
        console.print(Text(str(error), style="red"), soft_wrap=True)
        return _USAGE_ERROR
    started_s, recordings = time.monotonic(), dict[str, bytes]()
    invalid = [Result(path.stem, "", error=str(error), path=path) for path, error in collected.invalid]
    try:
        results = run_stoppable(run_cases(collected.cases, options, console, recordings, invalid=invalid))
    except KeyboardInterrupt:
        console.print("stopped")
        return 130
    if results is None:
        return _USAGE_ERROR
    return _report(results, options, console, time.monotonic() - started_s, recordings)


def _report(
    results: Sequence[Result],
    options: RunOptions,
    console: Console,
    seconds: float,
    recordings: Mapping[str, bytes],
) -> int:
    for result in results:
        if not result.passed:
            console.print(terminal.failure_text(result, events=options.show_events), soft_wrap=True)
    console.print(terminal.totals_text(results, seconds))
    if options.junit is not None:
        _write(options.junit, junit.junit_xml(results))
        console.print(f"JUnit report: {options.junit}", soft_wrap=True)
    if options.html is not None:
        page = html_report.html_page(results, seconds, recordings, datetime.now().astimezone())
        _write(options.html, page.encode())
        console.print(f"HTML report: {options.html}", soft_wrap=True)
    if options.as_json:
        print(json_report.json_text(results, seconds))
    return int(not all(result.passed for result in results))


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
