"""Put the agent's sound on the bus."""

from typing import Protocol

from parley.audio.g711 import ms_to_bytes
from parley.bus import subjects
from parley.v1.audio_pb2 import AgentAudio

_LONGEST_CHUNK_BYTES = ms_to_bytes(200)


class Publisher(Protocol):
    """The part of the bus that sound needs."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Say it and go on."""


class AudioOut:
    """One call's outgoing sound: one count of chunks over all its replies."""

    def __init__(self, bus: Publisher, call_sid: str, epoch: int) -> None:
        self._bus = bus
        self._subject = subjects.agent_audio(call_sid)
        self._epoch = epoch
        self._sequence = 0

    async def publish(self, reply_id: str, offset: int, mulaw: bytes) -> None:
        """Sound of a reply from sample `offset` on, in chunks that are not too long to be cut off soon."""
        for begin in range(0, len(mulaw), _LONGEST_CHUNK_BYTES):
            chunk = mulaw[begin : begin + _LONGEST_CHUNK_BYTES]
            await self._put(AgentAudio(reply_id=reply_id, offset_samples=offset + begin, mulaw=chunk))

    async def publish_last(self, reply_id: str, samples: int) -> None:
        """The reply's sound ends after `samples`: an empty chunk."""
        await self._put(AgentAudio(reply_id=reply_id, offset_samples=samples, last=True))

    async def _put(self, audio: AgentAudio) -> None:
        self._sequence += 1
        audio.epoch = self._epoch
        audio.sequence = self._sequence
        await self._bus.publish(self._subject, audio.SerializeToString())
