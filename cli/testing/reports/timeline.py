"""A call as a drawing on a time axis: one row per side, one for tools. No I/O, no clock."""

import html
from collections.abc import Iterator, Sequence

from cli.testing.reports.entries import Entry

_WIDTH, _LEFT = 1000, 62
_ROWS = {"caller": 20, "agent": 52, "tool": 84}
_BAR = 22
_HEIGHT = 132
_MIN_BAR = 3.0
_MAX_TICKS = 12
_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800)


def timeline(found: Sequence[Entry], duration_ms: int) -> str:
    """The drawing as SVG; each bar has its time in `data-ms`."""
    total_ms = max(duration_ms, *(entry.end_ms for entry in found), 1000)
    scale = (_WIDTH - _LEFT - 10) / total_ms
    parts = [
        *_axis(total_ms, scale),
        *(_label(name, y) for name, y in _ROWS.items()),
        *(part for entry in found for part in _drawing(entry, scale)),
    ]
    return (
        f'<svg class="timeline" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" data-scale="{scale:.6f}"'
        f' data-left="{_LEFT}" aria-label="time line of the call">{"".join(parts)}'
        f'<line class="playhead" x1="{_LEFT}" x2="{_LEFT}" y1="12" y2="{_HEIGHT - 20}"/></svg>'
    )


def _label(name: str, y: int) -> str:
    title = "tools" if name == "tool" else name
    return f'<text class="label" x="0" y="{y + 15}">{title}</text>'


def _axis(total_ms: int, scale: float) -> Iterator[str]:
    step_s = next((s for s in _STEPS_S if total_ms / 1000 / s <= _MAX_TICKS), _STEPS_S[-1])
    for at_s in range(0, total_ms // 1000 + 1, step_s):
        x = _LEFT + at_s * 1000 * scale
        yield f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="12" y2="{_HEIGHT - 20}"/>'
        text = f"{at_s // 60}:{at_s % 60:02}" if total_ms >= 120_000 else f"{at_s} s"
        yield f'<text class="tick" x="{x:.1f}" y="{_HEIGHT - 5}">{text}</text>'


def _drawing(entry: Entry, scale: float) -> Iterator[str]:
    x = _LEFT + entry.start_ms * scale
    title = f"<title>{entry.start_ms / 1000:.1f} s  {html.escape(entry.text)}</title>"
    where = f'data-ms="{entry.start_ms}"'
    if entry.kind in _ROWS:
        y = _ROWS[entry.kind]
        width = max(_MIN_BAR, (entry.end_ms - entry.start_ms) * scale)
        kinds = f"bar {entry.kind}{' cut' * entry.interrupted}{' failed' * entry.failed}"
        yield (
            f'<rect class="{kinds}" {where} x="{x:.1f}" y="{y}" width="{width:.1f}" height="{_BAR}" rx="4">'
            f"{title}</rect>"
        )
    if entry.latency_ms is not None:
        start = _LEFT + (entry.start_ms - entry.latency_ms) * scale
        yield (
            f'<rect class="wait" x="{start:.1f}" y="44" width="{max(1.0, x - start):.1f}" height="5">'
            f"<title>{entry.latency_ms} ms until the first audio</title></rect>"
        )
    if entry.kind == "interruption":
        yield f'<path class="barge" {where} d="M{x:.1f} 42 l5 8 h-10 z">{title}</path>'
    if entry.kind == "keys":
        yield f'<text class="keys" {where} x="{x:.1f}" y="36">{html.escape(entry.text)}{title}</text>'
    if entry.kind == "failure":
        yield f'<circle class="fault" {where} cx="{x:.1f}" cy="79" r="4">{title}</circle>'
