"""The results as JSON and as a table."""

import json

from rich.console import Console

from bench.speech.result import NoiseResult, Results, VoiceResult, as_json, false_starts, percentile, table
from bench.speech.scoring import Scores


def test_results_are_written_and_shown() -> None:
    """With the early and the late ends apart."""
    scores = Scores([40, 60], [-20, 10], [150, 170], words=3)
    results = Results(
        [VoiceResult("en", True, -30, scores)], [NoiseResult("busy", 30, 1, 0.25)], {"speech": 75}
    )
    written = json.loads(json.dumps(as_json(results)))
    assert written["voices"][0]["onset_ms"]["p50"] == 50
    assert written["voices"][0]["end_error_ms"]["early_p95"] == 19
    assert written["false_starts_per_minute"] == 2
    assert false_starts(results) == {"busy": "2.0 per minute, 0.2 s at most"}
    console = Console(width=150, record=True)
    console.print(table(results))
    assert "en, holdout" in console.export_text()
    assert percentile([], 50) is None
