"""The Dockerfile: small, without root or a shell, and from pinned dependencies."""

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
LINES = [line for line in TEXT.splitlines() if line.strip() and not line.startswith("#")]
FINAL = LINES[max(number for number, line in enumerate(LINES) if line.startswith("FROM")) :]


def test_the_final_stage_starts_from_nothing() -> None:
    """No shell, package manager or compiler."""
    assert FINAL[0] == "FROM scratch"
    assert not [line for line in FINAL if line.startswith("RUN")]


def test_every_base_image_names_its_version() -> None:
    for line in LINES:
        if line.startswith("FROM") and "scratch" not in line:
            assert re.match(r"FROM \S+:\d+\.\d+", line), line


def test_the_user_is_numeric_and_not_root() -> None:
    """Kubernetes checks runAsNonRoot only with a numeric user."""
    assert [line for line in FINAL if line.startswith("USER")] == ["USER 10001:10001"]


@pytest.mark.parametrize("instruction", ["CMD", "HEALTHCHECK"])
def test_commands_need_no_shell(instruction: str) -> None:
    [line] = [line for line in FINAL if line.startswith(instruction)]
    assert re.search(r'CMD \["python"', line) or line.startswith('CMD ["python"')


def test_sigterm_reaches_the_service_and_the_image_is_labelled() -> None:
    assert "STOPSIGNAL SIGTERM" in FINAL
    [labels] = [line for line in FINAL if line.startswith("LABEL")]
    for name in ("title", "description", "version", "revision", "licenses"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_dependencies_are_installed_by_hash() -> None:
    installs = [line for line in LINES if "pip install" in line]
    assert installs
    for line in installs:
        assert "--require-hashes" in line or "--no-deps" in line


def test_the_context_has_everything_that_is_copied() -> None:
    """.dockerignore lists what may be sent; a missing entry fails only in a build."""
    allowed = {
        line[1:].strip()
        for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines()
        if line.startswith("!")
    }
    for line in LINES:
        if line.startswith("COPY") and "--from" not in line:
            for source in shlex.split(line)[1:-1]:
                assert any(source == path or source.startswith(f"{path}/") for path in allowed), source


@pytest.mark.parametrize("service", ["edge", "stt", "brain", "tts", "recorder", "sandbox"])
def test_each_image_has_its_requirements(service: str) -> None:
    assert "--hash=sha256:" in (ROOT / "requirements" / f"{service}.txt").read_text("utf-8")
