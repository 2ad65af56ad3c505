"""Keeps track of the place in a clause at which the next attempt continues. No I/O, no clock."""

from dataclasses import dataclass
from typing import TypeAlias

from services.tts.reply_audio import ReplyAudio
from services.tts.voice_switch import Interruption

Voice: TypeAlias = tuple[str, str]
"""Provider and model."""


@dataclass(slots=True)
class ClausePosition:
    """The place in the first clause that is not complete, across the attempts of several voices."""

    voice: Voice | None = None
    """The voice of the last attempt."""
    _clause: int = -1
    _place: Interruption | None = None
    """The words that were published, as far as an attempt with timings shows."""
    _offset: int = 0
    """Samples by which the audio of the last voice was moved, because another one spoke before it."""

    def begin_attempt(self, voice: Voice, audio: ReplyAudio) -> Interruption | None:
        """Begin an attempt; return the place where its voice continues.

        None if the audio of this voice continues after as many samples as were published.
        """
        found = audio.interruption
        audio.start_attempt()
        is_same, self.voice = self.voice in (None, voice), voice
        published = audio.published - audio.start_sample
        if audio.next_clause != self._clause or not published:
            self._clause, self._place, self._offset = audio.next_clause, None, 0
        if not published:
            return None
        # A later attempt that published nothing has not changed the place.
        place = found or self._place
        self._place = place if place is not None and place.published == published else None
        if self._place is not None and not is_same:
            return self._place
        return Interruption(published, resume=published - self._offset) if self._offset else None

    def moved(self, offset: int | None) -> None:
        """Note by how many samples the attempt's audio was moved; None if that is undecided."""
        if offset is not None:
            self._offset = offset
