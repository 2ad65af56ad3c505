"""The trace of each turn of a call, as an id or as a link to the user's tracing system. No I/O."""

from rich.style import Style
from rich.text import Text

from parley.telemetry.trace_context import trace_id

PLACEHOLDER = "{trace_id}"


def trace_lines(call_sid: str, turns: list[int], url: str) -> list[Text]:
    """One line for the call and one per turn; links if `url`, which contains `{trace_id}`, is not empty."""
    rows = [("call", 0), *((f"turn {turn}", turn) for turn in turns)]
    return [_line(name, f"{trace_id(call_sid, turn):032x}", url) for name, turn in rows]


def _line(name: str, trace: str, url: str) -> Text:
    line = Text(f"{name:<8}  trace ")
    target = url.replace(PLACEHOLDER, trace)
    return line.append(target or trace, style=Style(link=target or None))
