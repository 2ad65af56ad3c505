"""Fetches the benchmark's audio from Debian packages into build/, without installing them."""

import hashlib
import shutil
import subprocess
import wave
from pathlib import Path

import numpy as np

from bench.speech.labels import Wave

FOLDER = Path("build/speech")
_SHA256 = {
    "asterisk-core-sounds-en-wav": "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d",
    "asterisk-core-sounds-es-wav": "9283a09a6d56fccdcc2bcfe86c48f0f844289cfbd46a3184d8785a6f7f569903",
    "asterisk-core-sounds-fr-wav": "8d4e1bc32ed5ba7fbda40841ca1825ed20cc6232724a473c90f8bb0e53e6073e",
    "asterisk-core-sounds-it-wav": "5a26638089e134b8ac39363fe249c5c93c50cd8bfdc9b2499ae61ec4a35e2fcb",
    "asterisk-core-sounds-ru-wav": "ccbfaebfa450b7a9ddf644ae0f3d1e9017d5df7c0aebe816e946345589d38201",
    "asterisk-moh-opsound-wav": "8f9d808a729d305c2d3343993f21ca5e6829e411682618dc8ea7aa8bc24a566c",
}
LANGUAGES = {
    "en": "en_US_f_Allison",
    "es": "es_MX_f_Allison",
    "fr": "fr_CA_f_June",
    "it": "it_IT_m_Carlo",
    "ru": "ru_RU_f_IvrvoiceRU",
}
"""Voices by language; Italian and Russian are recorded by people whose voice no other language has."""
_TIMEOUT_S = 300
_NO_SPEECH = ("silence/", "beep", "2tone", "monkeys", "confbridge-join.", "confbridge-leave.")


class AudioUnavailableError(Exception):
    """The audio cannot be fetched; the text has the reason."""


def fetch() -> Path:
    """Download and unpack all packages that are missing; returns the folder with the audio.

    Raises:
        AudioUnavailableError: apt-get is missing or fails, or a package has another content.
    """
    root = FOLDER / "root"
    for package, sha256 in _SHA256.items():
        done = FOLDER / f"{package}.done"
        if done.exists():
            continue
        if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
            raise AudioUnavailableError("the audio is in Debian packages, and this machine has no apt-get")
        FOLDER.mkdir(parents=True, exist_ok=True)
        _run("apt-get", "download", "-q", package, folder=FOLDER)
        files = sorted(FOLDER.glob(f"{package}_*.deb"))
        if not files or hashlib.sha256(files[-1].read_bytes()).hexdigest() != sha256:
            raise AudioUnavailableError(f"{package} is not the version that the benchmark was made with")
        _run("dpkg-deb", "-x", files[-1].name, "root", folder=FOLDER)
        done.touch()
    return root / "usr/share/asterisk"


def prompts(root: Path, language: str) -> list[Path]:
    """The spoken prompts of a language."""
    folder = root / "sounds" / LANGUAGES[language]
    return [
        path for path in sorted(folder.rglob("*.wav")) if not any(name in str(path) for name in _NO_SPEECH)
    ]


def music(root: Path) -> list[Path]:
    """The hold music."""
    return sorted((root / "moh").glob("*.wav"))


def read(path: Path) -> Wave:
    """The samples of a recording, between -1 and 1."""
    with wave.open(str(path)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
    return samples.astype(np.float64) / 32768


def _run(*command: str, folder: Path) -> None:
    done = subprocess.run(
        command, cwd=folder, check=False, capture_output=True, text=True, timeout=_TIMEOUT_S
    )
    if done.returncode:
        raise AudioUnavailableError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
