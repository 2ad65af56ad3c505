"""A test run as JSON, for other programs. No I/O, no clock."""

import json
from collections.abc import Sequence
from typing import Any

from cli.testing.play import Result
from cli.testing.reports.junit import suite_name


def json_text(results: Sequence[Result], seconds: float) -> str:
    """The results of a run; times are milliseconds of call time."""
    report = {
        "passed": sum(result.passed for result in results),
        "failed": sum(bool(result.problems) and not result.error for result in results),
        "errors": sum(bool(result.error) for result in results),
        "duration_s": round(seconds, 3),
        "tests": [_test(result) for result in results],
    }
    return json.dumps(report, indent=2, ensure_ascii=False)


def _test(result: Result) -> dict[str, Any]:
    test: dict[str, Any] = {
        "name": result.name,
        "agent": suite_name(result),
        "file": str(result.path or ""),
        "about": result.about,
        "status": "error" if result.error else "passed" if result.passed else "failed",
        "error": result.error,
        "problems": list(result.problems),
        "judgements": [
            {"statement": j.statement, "holds": j.holds, "reason": j.reason} for j in result.judgements
        ],
        "not_judged": result.not_judged,
        "duration_s": round(result.duration_s, 3),
    }
    outcome = result.outcome
    if outcome is None:
        return test
    call = {
        "call_sid": outcome.played.call_sid,
        "ended_by": outcome.ended_by,
        "goal": outcome.played.goal,
        "agents": outcome.agents,
        "data": outcome.data,
        "duration_ms": outcome.duration_ms,
        "interruptions": outcome.interruptions,
        "latencies_ms": outcome.latencies_ms,
        "transcript": [
            {"speaker": line.speaker, "text": line.text, "start_ms": line.start_ms, "end_ms": line.end_ms}
            for line in outcome.lines
        ],
        "tools": [
            {
                "name": call.name,
                "arguments": call.arguments,
                "result": call.result,
                "failed": call.failed,
                "problem": call.problem,
                "at_ms": call.at_ms,
            }
            for call in outcome.tools
        ],
    }
    return {**test, "call": call}
