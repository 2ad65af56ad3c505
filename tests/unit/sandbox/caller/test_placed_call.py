"""A call placed through the emulated telephone network, and how its outcome is judged."""

import pytest

from sandbox.caller.placed_call import read_script, succeeded, summary
from sandbox.caller.report import Report, Response


def report(outcome: str, *gaps_ms: float | None) -> Report:
    """A caller's report with these times to answer."""
    answers = [Response(after="hello", gap_ms=gap, first_audio_at=None) for gap in gaps_ms]
    return Report(
        call_sid="CA1",
        outcome=outcome,
        duration_ms=1.0,
        caller_speech=[],
        agent_speech=[],
        responses=answers,
        barge_ins=[],
        timeouts=[],
        warnings=[],
    )


@pytest.mark.parametrize(
    ("finished", "success"),
    [
        (report("completed", 700.0, 650.0), True),
        (report("completed", 700.0, None), False),
        (report("failed", 700.0), False),
    ],
    ids=["completed", "unanswered", "failed"],
)
def test_a_call_succeeds_if_it_went_to_its_end_and_every_turn_was_answered(
    finished: Report, *, success: bool
) -> None:
    """An unanswered turn is a failure even of a completed call."""
    assert succeeded(finished) == success


def test_the_summary_names_each_turn() -> None:
    """Milliseconds until the answer, in order."""
    text = summary(report("completed", 700.4, None))

    assert text == "outcome completed; time to answer per turn, ms: 700, unanswered"


def test_the_default_script_is_the_demos() -> None:
    """The caller books a visit and says goodbye."""
    assert len(read_script(None).steps) > 4
