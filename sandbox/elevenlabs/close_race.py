"""The race between `close_context` and the synthesis of text that has just been sent. No I/O.

ElevenLabs may handle a close before it has registered the text that preceded it. It happens under load, to
about 2.5 % of the contexts that a client closes within a millisecond of their text.
"""

import random
from typing import Literal

from sandbox.elevenlabs.settings import ElevenLabsSandboxSettings

Loss = Literal["everything", "audio", "last_clause"]
"""`everything`: neither audio nor a final frame follows; `audio`: only a final frame; `last_clause`: the
other clauses are complete."""

_LOSSES: tuple[Loss, ...] = ("everything", "audio", "last_clause")
_SEED = 1


class CloseRace:
    """Decides which contexts lose text; the same order of contexts gives the same losses."""

    def __init__(self) -> None:
        self._random = random.Random(_SEED)

    def loss(self, settings: ElevenLabsSandboxSettings, *, elapsed_ms: float, pending: int) -> Loss | None:
        """Return what a context loses by a close.

        Args:
            settings: the share of the contexts and the kind of the loss.
            elapsed_ms: time since the context's last text.
            pending: number of clauses without audio so far; once audio is sent, a clause is safe.
        """
        if not pending or elapsed_ms > settings.tts_close_race_ms:
            return None
        if self._random.random() >= settings.tts_close_race:
            return None
        chosen = settings.tts_close_race_loss
        return self._random.choice(_LOSSES) if chosen == "any" else chosen
