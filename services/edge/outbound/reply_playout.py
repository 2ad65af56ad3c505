"""One reply on its way to the caller's ear. No I/O, no clock."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class ReplyPlayout:
    """Samples of it that are here, sent and heard."""

    reply_id: str
    speculative: bool
    """Made on a guess: not to be heard before it is released."""
    filler: bool = False
    """Heard only while there is nothing else to hear."""
    audio: bytearray = field(default_factory=bytearray)
    complete: bool = False
    """All of its sound is here, or will not come."""
    total_samples: int | None = None
    """How much there is of it; None until the voice has finished."""
    last_audio_ms: int = 0
    """Call time at which something of it came last."""
    sent: int = 0
    played: int = 0
    played_at_ms: int = 0
    """Call time at which that was reached, and the next sample began."""
    announced: bool = False
    """Its sound follows on something that plays: no new start need be told."""
    audible: bool = False
    """Some of it has been announced at some time."""
    unmarked: bool = False
    """It has been announced, and no mark has come back since."""
    done: bool = False

    @property
    def unsent(self) -> bool:
        """Whether there is sound that Twilio has not got."""
        return self.sent < len(self.audio)

    @property
    def in_flight(self) -> bool:
        """Whether Twilio has sound of it that was not heard."""
        return not self.done and self.sent > self.played
