"""The smallest part of `make bench-turns`: turns are matched with the provider emulators' journals."""

import argparse
from pathlib import Path

import pytest
from rich.console import Console

from bench.turns.__main__ import measure
from bench.turns.result import as_json

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.timeout(120)]


async def test_a_few_turns_are_measured() -> None:
    """The measured values are within limits, which are generous because the machine may be busy."""
    args = argparse.Namespace(
        turns=2, calls="1", only="plain,speculation", seed=1, quick=False, out=Path("unused.json")
    )
    plain, speculation = await measure(args, Console(quiet=True))

    assert plain.problems == speculation.problems == []
    assert plain.turns is not None
    assert speculation.turns is not None
    assert (plain.turns.unmatched, plain.turns.unanswered) == (0, 0)
    figures = as_json([plain, speculation], seed=1)
    assert figures["overhead_ms"]["1"]["p50"] < 150  # type: ignore[index]
    assert figures["turn_ms"]["1"]["p50"] < figures["turn_without_speculation_ms"]["1"]["p50"]  # type: ignore[index]
