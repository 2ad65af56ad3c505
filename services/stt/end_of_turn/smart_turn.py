"""Smart Turn v3, a model that judges by the last 8 s of speech whether a turn is complete.

https://github.com/pipecat-ai/smart-turn (BSD-2-Clause); `make turn-model` installs it.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parley.audio.g711 import DECODE
from parley.errors import ConfigError
from services.stt.end_of_turn.log_mel import SAMPLES, SECONDS, log_mel

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MAX_AUDIO_BYTES = SECONDS * 8000
"""Earlier audio has no influence."""

_WAVE = np.array(DECODE, dtype=np.float32) / 32768


class SmartTurn:
    """The model; it keeps no state, so that all calls of a process share it."""

    def __init__(self, path: str | Path) -> None:
        """Load the model.

        Raises:
            ConfigError: onnxruntime is not installed, or the file is not a model.
        """
        self._session = _open(Path(path))
        self._input = self._session.get_inputs()[0].name
        self.probability(b"\xff" * MAX_AUDIO_BYTES)

    def probability(self, mulaw: bytes) -> float:
        """Return the probability that the speech at the end of the mu-law audio (8 kHz) is complete.

        It takes about 50 ms of a core, outside Python's interpreter lock for the most part.
        """
        features = log_mel(_wave_16k(mulaw[-MAX_AUDIO_BYTES:]))
        (output,) = self._session.run(None, {self._input: features[None]})
        return float(np.asarray(output).reshape(-1)[0])


def _wave_16k(mulaw: bytes) -> NDArray[np.float32]:
    """Audio at the model's rate, with silence before it if it is short."""
    samples = _WAVE[np.frombuffer(mulaw, dtype=np.uint8)]
    wave = np.zeros(SAMPLES, dtype=np.float32)
    if samples.size == 0:
        return wave
    # Linear interpolation: the line has nothing above 3.4 kHz, and what remains of the images is weak.
    doubled = np.empty(samples.size * 2, dtype=np.float32)
    doubled[0::2] = samples
    doubled[1:-1:2] = (samples[:-1] + samples[1:]) / 2
    doubled[-1] = samples[-1]
    wave[-doubled.size :] = doubled
    return wave


def _open(path: Path) -> "InferenceSession":
    try:
        import onnxruntime as ort  # noqa: PLC0415 - an optional dependency of 60 MB
    except ImportError:
        raise ConfigError("PARLEY_TURN_MODEL: onnxruntime is not installed: run `make turn-model`") from None
    if not path.is_file():
        raise ConfigError(f"PARLEY_TURN_MODEL: {path} does not exist: run `make turn-model`")
    options = ort.SessionOptions()
    # One core: several would take it from the audio of other calls.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return ort.InferenceSession(str(path), sess_options=options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its exceptions have no common base class
        raise ConfigError(f"PARLEY_TURN_MODEL: {path} cannot be loaded: {type(error).__name__}") from None
