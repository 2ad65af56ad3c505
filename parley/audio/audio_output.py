"""Publishes the agent's audio on the bus in numbered chunks."""

from typing import Protocol

from parley.audio.g711 import ms_to_bytes
from parley.bus import subjects
from parley.v1.audio_pb2 import AgentAudio

_MAX_CHUNK_BYTES = ms_to_bytes(200)
"""Small enough that an interruption discards little audio."""


class AudioSink(Protocol):
    """The methods of the bus that publishing audio needs."""

    async def publish(self, subject: str, data: bytes) -> None:
        """Publish without waiting for an acknowledgement."""


class AudioOutput:
    """Outgoing audio of one call, with one chunk counter for all its replies."""

    def __init__(self, bus: AudioSink, call_sid: str, epoch: int) -> None:
        self._bus = bus
        self._subject = subjects.agent_audio(call_sid)
        self._epoch = epoch
        self._sequence = 0

    async def publish(self, reply_id: str, offset: int, mulaw: bytes) -> None:
        """Publish audio of a reply from sample `offset` on, in chunks of at most 200 ms."""
        for begin in range(0, len(mulaw), _MAX_CHUNK_BYTES):
            chunk = mulaw[begin : begin + _MAX_CHUNK_BYTES]
            await self._publish(AgentAudio(reply_id=reply_id, offset_samples=offset + begin, mulaw=chunk))

    async def publish_last(self, reply_id: str, samples: int) -> None:
        """Mark the end of a reply of `samples` samples with an empty chunk."""
        await self._publish(AgentAudio(reply_id=reply_id, offset_samples=samples, last=True))

    async def _publish(self, audio: AgentAudio) -> None:
        self._sequence += 1
        audio.epoch = self._epoch
        audio.sequence = self._sequence
        await self._bus.publish(self._subject, audio.SerializeToString())
