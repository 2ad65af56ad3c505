"""Runs the suite, and compares its results with docs/conformance.json."""

import json
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeAlias

from parley.providers.conformance import LLM_CHECKS, STT_CHECKS, TTS_CHECKS, CheckResult, run_checks
from parley.providers.registry import Kind
from tests.conformance.llm_cases import LLM_CASES
from tests.conformance.stt_cases import STT_CASES
from tests.conformance.tts_cases import TTS_CASES

PAGE = Path(__file__).parents[2] / "docs" / "conformance.json"

Results: TypeAlias = dict[str, dict[str, dict[str, str]]]
"""Outcomes by kind, case and check: `passed`, `failed: REASON` or `not applicable: REASON`."""

CASES: Mapping[Kind, tuple[Mapping[str, Any], tuple[Any, ...]]] = {
    "stt": (STT_CASES, STT_CHECKS),
    "llm": (LLM_CASES, LLM_CHECKS),
    "tts": (TTS_CASES, TTS_CHECKS),
}


async def run_case(kind: Kind, name: str) -> list[CheckResult]:
    """Run all checks of one case."""
    cases, checks = CASES[kind]
    opening: AbstractAsyncContextManager[Any] = cases[name]()
    async with opening as case:
        return await run_checks(checks, case)


def as_json(results: list[CheckResult]) -> dict[str, str]:
    """Return the results of one case in the stored form."""
    return {
        result.check: f"{result.outcome}: {result.reason}" if result.reason else result.outcome
        for result in results
    }


def stored() -> Results:
    """The results in the repository."""
    found: Results = json.loads(PAGE.read_text("utf-8"))
    return found


def store(results: Results) -> None:
    """Replace the results in the repository: one line per check."""
    PAGE.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n", "utf-8")
