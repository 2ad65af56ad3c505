"""The traces of a call's turns, as `parley latency --traces` prints them."""

from cli.trace_links import trace_lines
from parley.telemetry.trace_context import trace_id


def test_each_turn_has_its_trace() -> None:
    """The call's own trace comes first."""
    lines = [line.plain for line in trace_lines("CA1", [1, 2], "")]

    assert [line.split()[-1] for line in lines] == [f"{trace_id('CA1', turn):032x}" for turn in (0, 1, 2)]


def test_a_configured_address_makes_it_a_link() -> None:
    """The placeholder is replaced by the trace id."""
    [_, line] = trace_lines("CA1", [1], "http://jaeger/trace/{trace_id}")

    assert line.plain.endswith(f"http://jaeger/trace/{trace_id('CA1', 1):032x}")
    assert any(span.style for span in line.spans)
