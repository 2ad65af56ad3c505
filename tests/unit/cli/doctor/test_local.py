"""Tests of the checks without network."""

from pathlib import Path

import pytest

from cli.doctor.finding import Finding, Reporter
from cli.doctor.local import check_agent_file, check_programs, check_variables
from parley.errors import ConfigError


def found() -> tuple[list[Finding], Reporter]:
    findings: list[Finding] = []
    return findings, Reporter("s", findings.append)


def test_a_missing_program_has_a_remedy() -> None:
    """Python exists, or no test would run."""
    findings, reporter = found()
    check_programs(Path("/nowhere"), ["edge 8080"], reporter)

    by_subject = {finding.subject: finding for finding in findings}
    assert by_subject["NATS server"].text == "not installed: run `make setup`"
    assert by_subject["ports"].state == "note"


def test_each_provider_is_real_or_emulated() -> None:
    """The address is shown without its credentials."""
    findings, reporter = found()
    check_variables(
        {"OPENAI_API_KEY": "sk-1234567890", "PARLEY_DEEPGRAM_URL": "https://user:pass@dg.example"}, reporter
    )

    assert [finding.state for finding in findings] == ["note", "ok", "ok", "note"]
    assert findings[1].text == "at https://dg.example (PARLEY_DEEPGRAM_URL)"


@pytest.mark.parametrize("key", ["'sk-1'", "sk 1", "sk-1\n", "\u201csk-1\u201d", "sk-...", "<key>", " "])
def test_a_value_that_cannot_be_a_key_is_reported(key: str) -> None:
    """It was copied with too much, or is an example."""
    findings, reporter = found()
    check_variables({"OPENAI_API_KEY": key}, reporter)

    [failed] = [finding for finding in findings if finding.state == "failed"]
    assert failed.subject == "OPENAI_API_KEY"


def test_a_wrong_agent_file_is_reported(tmp_path: Path) -> None:
    """An unknown provider is an error in the file too."""
    (tmp_path / "shop.yaml").write_text("prompt: x\ntts: {provider: elevenlabz}\n")
    findings, reporter = found()
    for name in ("nobody", "shop"):
        with pytest.raises(ConfigError):
            check_agent_file(str(tmp_path), name, {}, reporter)

    assert [finding.state for finding in findings] == ["failed", "failed"]
    assert "elevenlabz" in findings[1].text
