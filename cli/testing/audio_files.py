"""Reads and writes audio files of callers: any format and rate on the way in, WAV on the way out."""

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import av
import numpy as np

from cli.testing.located_yaml import suggestion
from parley.audio.g711 import SAMPLE_RATE_HZ
from sandbox.pcm import to_mulaw
from sandbox.twilio.wav import to_wav

_PLAY_KEYS = ("file", "text", "word_ends_ms", "after_agent_starts_ms", "timeout_s")
_MAX_SECONDS = 600


def read_speech(path: Path) -> bytes:
    """The audio of a file as mu-law at 8 kHz, its channels mixed.

    Raises:
        ValueError: the file cannot be read, has no audio, or is longer than 10 minutes.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise ValueError(f"{path} has no audio")
            resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE_HZ)
            pieces: list[bytes] = []
            samples = 0
            for frame in container.decode(container.streams.audio[0]):
                for part in resampler.resample(frame):
                    piece = np.ascontiguousarray(part.to_ndarray().reshape(-1), dtype=np.int16)
                    samples += piece.size
                    pieces.append(to_mulaw(piece))
                if samples > _MAX_SECONDS * SAMPLE_RATE_HZ:
                    raise ValueError(f"{path} is longer than {_MAX_SECONDS // 60} minutes")
            pieces += [
                to_mulaw(np.ascontiguousarray(part.to_ndarray().reshape(-1), dtype=np.int16))
                for part in resampler.resample(None)
            ]
    except FileNotFoundError:
        raise ValueError(f"there is no audio file {path}") from None
    except (OSError, av.FFmpegError) as error:
        raise ValueError(f"{path} cannot be read as audio: {error}") from None
    if not any(pieces):
        raise ValueError(f"{path} has no audio")
    return b"".join(pieces)


def write_speech(path: Path, mulaw: bytes) -> None:
    """Write mu-law as a WAV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(to_wav(mulaw))


def with_audio(step: Any, folder: Path) -> Any:
    """A step of a caller; the file of a `play` is replaced by its audio.

    Raises:
        ValueError: a key is unknown, or the file cannot be used.
    """
    if not isinstance(step, Mapping) or set(step) != {"play"}:
        return step
    value = step["play"]
    fields = dict(value) if isinstance(value, Mapping) else {"file": value}
    for key in fields:
        if key not in _PLAY_KEYS:
            raise ValueError(f"play: unknown key `{key}`; {suggestion(str(key), _PLAY_KEYS)}")
    name = fields.pop("file", None)
    if not isinstance(name, str) or not name:
        raise ValueError("play: needs `file`, the name of an audio file beside the test")
    mulaw = read_speech(folder / name)
    return {"play": {**fields, "mulaw_base64": base64.b64encode(mulaw).decode()}}
