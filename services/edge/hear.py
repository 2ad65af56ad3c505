"""The caller's sound, from Twilio's frames to the bus."""

from parley import subjects
from parley.bus import Bus
from parley.v1.audio_pb2 import CallerAudio
from services.edge.media_protocol import Media


class Hear:
    """One stream's frames, numbered and timed by the call's clock."""

    def __init__(self, bus: Bus, call_sid: str, epoch: int, stream_at_ms: int) -> None:
        self._bus = bus
        self._subject = subjects.caller_audio(call_sid)
        self._epoch = epoch
        self._stream_at_ms = stream_at_ms
        self._sequence = 0

    async def frame(self, media: Media) -> None:
        """Put a frame on the bus; an empty one is left out.

        Raises:
            BusError: the bus is away and its buffer is full.
        """
        if not media.mulaw:
            return
        self._sequence += 1
        audio = CallerAudio(
            epoch=self._epoch,
            sequence=self._sequence,
            at_ms=self._stream_at_ms + media.timestamp_ms,
            mulaw=media.mulaw,
        )
        await self._bus.publish(self._subject, audio.SerializeToString())
