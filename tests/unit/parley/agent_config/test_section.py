"""Parts that all sections have in common."""

from pathlib import Path

import pytest

from parley.agent_config import load_agent_config


@pytest.mark.parametrize(
    ("written", "read"), [("off", "off"), ("on", "on"), ("auto", "auto"), ('"off"', "off")]
)
def test_on_and_off_need_no_quotes(tmp_path: Path, written: str, read: str) -> None:
    """YAML reads them as booleans."""
    (tmp_path / "a.yaml").write_text(f"prompt: x\ntts: {{text_normalization: {written}}}\n")

    assert load_agent_config(tmp_path, "a").tts.text_normalization == read
