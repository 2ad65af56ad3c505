"""Tests of the table and the figures of what calls need."""

from rich.console import Console

from bench.realtime.load import Load, load_table

LOAD = Load(2, 61.23, {"edge": 0.01234, "brain": 0.03}, {"edge": 0.5, "brain": 1.256}, ())


def test_each_process_has_a_row_and_each_mode_a_column() -> None:
    """CPU time for a second of a call, and memory for a call."""
    console = Console(width=160)
    with console.capture() as capture:
        console.print(load_table({"speculation": LOAD, "realtime": LOAD}))
    [edge] = [line for line in capture.get().splitlines() if "edge" in line]
    assert edge.count("0.0123, 0.50") == 2


def test_the_figures_are_rounded() -> None:
    """They are written as JSON."""
    assert LOAD.figures == {
        "calls": 2,
        "call_s": 61.2,
        "cpu_s_per_call_s": {"edge": 0.0123, "brain": 0.03},
        "mb_per_call": {"edge": 0.5, "brain": 1.26},
        "problems": [],
    }
