"""Audio of one reply: received, sent to Twilio, played. No I/O, no clock."""

from dataclasses import dataclass, field

from parley.audio.playout_position import PlayoutPosition

_MAX_BYTES = 16 * 1024**2
"""Audio buffered for one reply: half an hour."""


@dataclass(slots=True)
class ReplyPlayout:
    """One reply's audio: which samples were received, sent to Twilio and played."""

    reply_id: str
    speculative: bool
    """Generated before the caller's turn had ended; not played before it is released."""
    filler: bool = False
    """Played only while no other reply has audio to play."""
    uninterruptible: bool = False
    """Whether the caller's speech does not stop it."""
    started_ms: int = 0
    """Call time at which the brain started it; 0 if unknown."""
    audio: bytearray = field(default_factory=bytearray)
    """All audio received so far; emptied when the reply is done."""
    complete: bool = False
    """Whether all of its audio was received, or the rest is no longer waited for."""
    total_samples: int | None = None
    """Length of the whole reply; None until its synthesis has finished."""
    last_audio_ms: int = 0
    """Call time at which audio, or its length, was last received."""
    sent: int = 0
    """Samples that were sent to Twilio."""
    position: PlayoutPosition = field(default_factory=PlayoutPosition)
    """Samples that were played, and the call time at which the next sample began."""
    announced: bool = False
    """Whether playback.started was already appended for the next audio, which follows audio that is still
    playing."""
    audible: bool = False
    """Whether its playback has started at least once."""
    unmarked: bool = False
    """Whether no mark has returned since playback last started."""
    done: bool = False
    """Whether its playback has ended, either finished or cancelled."""

    @property
    def played(self) -> int:
        """Samples that were played."""
        return self.position.samples

    @property
    def unsent(self) -> bool:
        """Whether some received audio has not been sent to Twilio."""
        return self.sent < len(self.audio)

    @property
    def in_flight(self) -> bool:
        """Whether Twilio has buffered audio of it that has not been played."""
        return not self.done and self.sent > self.played

    @property
    def unconfirmed(self) -> int:
        """Samples that were sent to Twilio and not reported as played yet."""
        return max(0, self.sent - self.played)

    @property
    def fully_played(self) -> bool:
        """Whether all of its audio was received and played."""
        return self.complete and self.played >= len(self.audio)

    def receive(self, offset: int, mulaw: bytes, *, last: bool, now_ms: int) -> None:
        """Append audio at a sample offset; repeated audio is skipped, audio after a gap is rejected."""
        end, received = offset + len(mulaw), len(self.audio)
        if offset <= received < end and received < _MAX_BYTES:
            self.audio += mulaw[received - offset :]
            self.last_audio_ms = now_ms
        if last and end <= len(self.audio):
            self.complete = True

    def rewind(self, position: PlayoutPosition) -> None:
        """Mark audio after a position as unsent: it must be sent again, or is discarded."""
        self.position = position
        self.sent = position.samples
        self.announced = False

    def finish(self) -> None:
        """End its playback and free its audio."""
        self.done = True
        self.audio = bytearray()
