"""Agents that would speak English texts are reported."""

from pathlib import Path

from structlog.testing import capture_logs

from services.tts.missing_texts import report_missing_texts


def test_the_agent_and_the_keys_are_named(tmp_path: Path) -> None:
    """Agents with texts, and files that cannot be read, are not."""
    (tmp_path / "german.yaml").write_text("prompt: x\nlanguage: de")
    (tmp_path / "swahili.yaml").write_text("prompt: x\nlanguage: sw")
    (tmp_path / "broken.yaml").write_text("prompt: [")

    with capture_logs() as logs:
        report_missing_texts(str(tmp_path))

    assert [(entry["event"], entry["agent"], entry["log_level"]) for entry in logs] == [
        ("agent_texts_missing", "swahili", "warning")
    ]
    assert "idle.goodbye" in logs[0]["problem"]
