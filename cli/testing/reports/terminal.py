"""Results of tests, formatted for a terminal. No I/O."""

from collections.abc import Sequence

from rich.text import Text

from cli.testing.play import Result


def progress_line(result: Result, done: int, total: int) -> Text:
    """One line for a finished test."""
    style, label = ("green", "passed") if result.passed else ("red", "failed")
    if result.error:
        style, label = "red", "error"
    line = Text(f"{done:{len(str(total))}}/{total} ", style="dim")
    line.append(f"{label:7}", style=style)
    line.append(result.name)
    line.append(f"  {result.duration_s:.1f} s", style="dim")
    return line


def failure_text(result: Result, *, events: bool) -> Text:
    """The expectations that were not met and the transcript, with `events` also the call's events."""
    text = Text(f"\n{result.name}", style="bold red")
    if result.about:
        text.append(f": {result.about}", style="default not bold")
    text.append("\n")
    for problem in [*([result.error] if result.error else []), *result.problems]:
        text.append(f"  {problem}\n", style="red")
    if result.outcome is None:
        return text
    text.append(f"  {result.outcome.played.call_sid}, ended by {result.outcome.ended_by or 'nothing'}\n")
    for line in result.outcome.transcript_lines():
        text.append(f"  {line}\n")
    for line in result.outcome.event_lines() if events else ():
        text.append(f"  {line}\n", style="dim")
    return text


def totals_text(results: Sequence[Result], seconds: float) -> Text:
    """How many tests passed, failed, or could not be run."""
    errors = sum(bool(result.error) for result in results)
    passed = sum(result.passed for result in results)
    failed = len(results) - passed - errors
    parts = [f"{passed} passed"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{errors} with an error"] if errors else []
    not_judged = sum(result.not_judged for result in results)
    style = "bold green" if passed == len(results) else "bold red"
    text = Text(f"\n{', '.join(parts)} in {seconds:.1f} s", style=style)
    if not_judged:
        text.append(
            f"\n{not_judged} judged statements were not checked: they need a model, with --live", "yellow"
        )
    return text
