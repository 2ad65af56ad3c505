"""Synthesizes clauses with one voice. No clock."""

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from parley.errors import ConfigError, ProviderRejected
from services.tts.providers.hibari.voice_files import INSTALL

if TYPE_CHECKING:
    from hibari import Hibari

PROVIDER = "hibari"
SAMPLE_RATE_HZ = 24_000
_SEED = 0
"""Seed of the noise in the audio: equal texts have equal audio."""
_SILENT = 0.004
_LEAD_MS, _TAIL_MS = 20, 120
"""Silence kept before and after a clause; the model adds up to 0.25 s and 0.5 s."""
_SENTENCE_TAIL_MS = 280

Samples = NDArray[np.float32]


class HibariVoice:
    """A loaded voice; several threads may use it at a time."""

    def __init__(self, engine: "Hibari") -> None:
        """Use a loaded engine; `load_voice` makes one."""
        self._engine = engine

    def sentences(self, text: str, speed: float) -> Iterator[bytes]:
        """Yield the audio (PCM, 24 kHz) of each sentence of a text. Blocks for about 1 % of its duration.

        Raises:
            ProviderRejected: the text contains what the voice cannot pronounce.
        """
        if script := _foreign_script(text):
            raise ProviderRejected(PROVIDER, f"the voice reads Latin letters only, and the text is {script}")
        spoken = False
        for phonemes in self._engine.phonemize(text):
            samples = self._engine.from_phonemes(phonemes, speed, _SEED)
            trimmed = _trimmed(samples, _SENTENCE_TAIL_MS if phonemes[-1:] in ".!?" else _TAIL_MS)
            if trimmed.size:
                spoken = True
                yield _pcm(trimmed)
        if not spoken:
            raise ProviderRejected(PROVIDER, "the text contains nothing that the voice can pronounce")


def load_voice(path: Path, *, british: bool) -> HibariVoice:
    """Load a voice from its checked file; blocks for about a second.

    Raises:
        ConfigError: a package is missing, or the file is not a voice.
    """
    try:
        from hibari import Hibari  # noqa: PLC0415 - an optional dependency of 80 MB
        from hibari.g2p import G2P  # noqa: PLC0415 - as above
    except ImportError as error:
        raise ConfigError(f"hibari: the package {error.name} is not installed: {INSTALL}") from None
    try:
        engine = Hibari(model=str(path), threads=1, g2p=G2P(british=british))
        voice = HibariVoice(engine)
        # The first synthesis takes ten times as long.
        for _ in voice.sentences("Ready.", 1.0):
            pass
    except Exception as error:  # onnxruntime's exceptions have no common base class
        raise ConfigError(f"hibari: {path} is not a voice: {type(error).__name__}") from None
    return voice


def _foreign_script(text: str) -> str:
    """The script of the first letter that is not Latin; empty without such a letter."""
    for character in text:
        if ord(character) > 0x24F and character.isalpha():
            name = unicodedata.name(character, "of an unknown script")
            if not name.startswith(("LATIN", "MODIFIER")):
                return name.partition(" ")[0].title()
    return ""


def _trimmed(samples: Samples, tail_ms: int) -> Samples:
    loud = np.flatnonzero(np.abs(samples) > _SILENT)
    if not loud.size:
        return samples[:0]
    begin = max(0, int(loud[0]) - _LEAD_MS * SAMPLE_RATE_HZ // 1000)
    return samples[begin : int(loud[-1]) + tail_ms * SAMPLE_RATE_HZ // 1000]


def _pcm(samples: Samples) -> bytes:
    return (np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
