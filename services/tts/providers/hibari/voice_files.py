"""Finds the file of a voice on this machine and checks that it is the expected one."""

import hashlib
import json
from importlib.util import find_spec
from pathlib import Path

from parley.errors import ConfigError
from services.tts.providers.hibari.options import DEFAULT_VOICE

_PACKAGED_SHA256 = "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8"
INSTALL = "run `make setup`, or `pip install -r requirements/local-tts.txt`"


def find_voice(name: str, voices_dir: str = "", sha256: str = "") -> Path:
    """Return the checked file of a voice: `NAME.onnx` in `voices_dir`, or the packaged one.

    Nothing is downloaded: a call must not wait for it, and a private deployment has no way out.

    Raises:
        ConfigError: it is missing, is another file, or its SHA-256 is not given.
    """
    assets = _assets()
    registry = json.loads((assets / "voices.json").read_text("utf-8"))
    if voices_dir and (path := Path(voices_dir) / f"{name}.onnx").is_file():
        expected = sha256 or registry.get(name, {}).get("sha256", "")
        if not expected:
            raise ConfigError(f"hibari: the voice {path} needs tts.options.sha256: run `sha256sum {path}`")
        return _verified(path, expected)
    if name == DEFAULT_VOICE:
        return _verified(assets / registry[name]["file"], sha256 or _PACKAGED_SHA256)
    where = f"{voices_dir} has no file {name}.onnx" if voices_dir else "PARLEY_HIBARI_VOICES_DIR is not set"
    raise ConfigError(
        f"hibari: no voice {name!r}: {where}, and only {DEFAULT_VOICE!r} is in the package; "
        "for others see https://huggingface.co/maureesewilliams/hibari"
    )


def _assets() -> Path:
    package = find_spec("hibari")
    if package is None or package.origin is None or find_spec("onnxruntime") is None:
        missing = "hibari-tts" if package is None else "onnxruntime"
        raise ConfigError(f"hibari: the package {missing} is not installed: {INSTALL}")
    return Path(package.origin).parent / "assets"


def _verified(path: Path, expected: str) -> Path:
    try:
        found = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ConfigError(f"hibari: {path}: {error.strerror or type(error).__name__}") from None
    if found != expected:
        raise ConfigError(f"hibari: {path} has the SHA-256 {found}, but {expected} is expected")
    return path
