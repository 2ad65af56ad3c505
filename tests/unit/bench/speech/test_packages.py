"""The audio from Debian packages."""

from pathlib import Path

import pytest

from bench.speech import packages


def test_a_machine_without_apt_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The benchmark cannot start."""
    monkeypatch.setattr(packages, "FOLDER", tmp_path / "speech")
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(packages.AudioUnavailableError, match="no apt-get"):
        packages.fetch()


def test_prompts_without_speech_are_left_out(tmp_path: Path) -> None:
    """Beeps, chimes and silence."""
    folder = tmp_path / "sounds" / packages.LANGUAGES["fr"]
    for name in ("hello.wav", "digits/11.wav", "silence/1.wav", "beep.wav", "confbridge-join.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    assert [path.name for path in packages.prompts(tmp_path, "fr")] == ["11.wav", "hello.wav"]
