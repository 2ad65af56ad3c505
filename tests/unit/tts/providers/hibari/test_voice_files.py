"""Tests of finding voices."""

import hashlib
from importlib.util import find_spec
from pathlib import Path

import pytest

from parley.errors import ConfigError
from services.tts.providers.hibari import voice_files
from services.tts.providers.hibari.voice_files import find_voice

pytest.importorskip("hibari")


def test_the_packaged_voice_is_checked() -> None:
    """By the hash in this repository, not by the package's own."""
    assert find_voice("heart").name == "hibari.onnx"
    with pytest.raises(ConfigError, match="is expected"):
        find_voice("heart", sha256="0" * 64)


def test_a_voice_of_a_folder_needs_its_hash(tmp_path: Path) -> None:
    """Voices that Hibari lists have one; nothing is downloaded."""
    (tmp_path / "mine.onnx").write_bytes(b"voice")
    (tmp_path / "emma.onnx").write_bytes(b"voice")
    with pytest.raises(ConfigError, match=r"needs tts\.options\.sha256"):
        find_voice("mine", str(tmp_path))
    assert find_voice("mine", str(tmp_path), hashlib.sha256(b"voice").hexdigest()) == tmp_path / "mine.onnx"
    with pytest.raises(ConfigError, match=r"f709f0488ee63b58.* is expected"):
        find_voice("emma", str(tmp_path))
    with pytest.raises(ConfigError, match=r"has no file fable\.onnx"):
        find_voice("fable", str(tmp_path))
    with pytest.raises(ConfigError, match="PARLEY_HIBARI_VOICES_DIR is not set"):
        find_voice("emma")


@pytest.mark.parametrize("missing", ["hibari", "onnxruntime"])
def test_missing_packages_are_named(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains the command that installs them."""
    found = find_spec
    monkeypatch.setattr(voice_files, "find_spec", lambda name: None if name == missing else found(name))
    with pytest.raises(ConfigError, match=f"{missing}.* is not installed: run `make setup`"):
        find_voice("heart")
