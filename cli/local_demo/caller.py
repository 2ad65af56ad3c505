"""Recordings that the caller of the local demo plays: the user's files, or a human voice from a package."""

import base64
import hashlib
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.testing.audio_files import read_speech
from sandbox.caller.script import HangUp, Listen, Play, Script, Step

_PACKAGE = "asterisk-core-sounds-en-wav"
_SHA256 = "2be3ea287d83299d143815fa804f11179a75b7affd4a758b98b55f5afc18a35d"
_FOLDER = "usr/share/asterisk/sounds/en_US_f_Allison"
_PROMPTS = {
    "all-circuits-busy-now": "all circuits are busy now",
    "vm-enter-num-to-call": "please enter the number you wish to call",
    "vm-tmpexists": "there is a temporary greeting which overrides your standard greetings",
    "privacy-prompt": "please enter your phone number starting with the area code",
}
"""Names of the package's files, and the words that its speaker reads."""
_TIMEOUT_S = 300
_SILENCE_MS = 1200.0


class NoRecordings(Exception):
    """No recording can be played; the text has the reason and the remedy."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording of a person."""

    name: str
    mulaw: bytes
    text: str = ""
    """The words spoken; empty if unknown."""


def given_recordings(paths: Sequence[Path]) -> list[Recording]:
    """Read the user's audio files; a text file beside one, as `hello.txt` for `hello.wav`, has its words.

    Raises:
        NoRecordings: a file cannot be read.
    """
    found = []
    for path in paths:
        words = path.with_suffix(".txt")
        try:
            text = words.read_text("utf-8").strip() if words.is_file() else ""
            found.append(Recording(path.name, read_speech(path), text))
        except (OSError, ValueError) as error:
            raise NoRecordings(str(error)) from None
    return found


def packaged_recordings(cache: Path) -> list[Recording]:
    """Return prompts read by a person, from a Debian package of 20 MB that is unpacked once, not installed.

    Blocks while it is downloaded.

    Raises:
        NoRecordings: this is no Debian system, or the package cannot be downloaded.
    """
    folder = cache / _FOLDER
    if not folder.is_dir():
        _unpack(cache)
    try:
        return [Recording(name, read_speech(folder / f"{name}.wav"), text) for name, text in _PROMPTS.items()]
    except ValueError as error:
        raise NoRecordings(f"{error}: remove {cache} and try again") from None


def caller_script(recordings: Sequence[Recording]) -> Script:
    """A caller who plays each recording after the agent has spoken, and hangs up after the last answer."""
    steps: list[Step] = [Listen(_SILENCE_MS)]
    for recording in recordings:
        steps += [
            Play(base64.b64encode(recording.mulaw).decode(), recording.text or recording.name),
            Listen(_SILENCE_MS),
        ]
    return Script("rms", (*steps, HangUp()))


def _unpack(cache: Path) -> None:
    remedy = "give recordings of your own: parley demo --local --wav FILE"
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        raise NoRecordings(f"a human voice is in a Debian package, and this machine has no apt-get: {remedy}")
    cache.mkdir(parents=True, exist_ok=True)
    _run("apt-get", "download", "-q", _PACKAGE, folder=cache, remedy=remedy)
    files = sorted(cache.glob(f"{_PACKAGE}_*.deb"))
    if not files or hashlib.sha256(files[-1].read_bytes()).hexdigest() != _SHA256:
        raise NoRecordings(f"{_PACKAGE} is not the version that the demo was made with: {remedy}")
    _run("dpkg-deb", "-x", files[-1].name, ".", folder=cache, remedy=remedy)
    for path in files:
        path.unlink()


def _run(*command: str, folder: Path, remedy: str) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoRecordings(f"{' '.join(command)}: {type(error).__name__}; {remedy}") from None
    if done.returncode:
        reason = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise NoRecordings(f"{' '.join(command)}: {''.join(reason)}; {remedy}")
