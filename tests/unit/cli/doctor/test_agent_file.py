"""Tests of the lines of an agent file."""

from pathlib import Path

from cli.doctor.agent_file import read_agent_file


def test_a_key_has_a_line(tmp_path: Path) -> None:
    """Also within a fallback."""
    (tmp_path / "shop.yaml").write_text("prompt: x\nllm:\n  model: a\n  fallbacks:\n    - model: b\n")
    file = read_agent_file(str(tmp_path), "shop")

    assert file.place("llm", "model") == f"{tmp_path}/shop.yaml line 3 (llm.model)"
    assert file.place("llm", "fallbacks", 0, "model").endswith("line 5 (llm.fallbacks.0.model)")
    assert file.place("tts", "voice") == f"tts.voice in {tmp_path}/shop.yaml"
    inherited = file.first_place(("llm", "fallbacks", 0, "temperature"), ("llm", "temperature"))
    assert inherited == f"llm.temperature in {tmp_path}/shop.yaml"


def test_a_file_that_cannot_be_read_has_no_lines(tmp_path: Path) -> None:
    """Absent, not YAML, or not text."""
    (tmp_path / "bad.yaml").write_text("a: [")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")

    for name in ("none", "bad", "binary"):
        assert read_agent_file(str(tmp_path), name).place("llm", "model").startswith("llm.model in")
