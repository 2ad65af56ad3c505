"""A scripted call for the recorder: its events, its audio, and the recording expected of it."""

from dataclasses import dataclass

from parley.audio.g711 import DECODE, SILENCE
from parley.bus import Bus, subjects
from parley.clock import now_us
from parley.events.envelope import Body, event_name, wrap
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, synthesis_pb2
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from parley.v1.work_pb2 import Work

FRAME_MS = 20
STREAM_MS = 400
END_MS = 12_000
LOST_FRAMES = range(3000, 3100, FRAME_MS)
REPLY_SAMPLES = {"r1": 16_000, "r2": 24_000, "r3": 8_000}


def _pattern(seed: int, start: int, length: int) -> bytes:
    """Return audio without silence in which every sample depends on its position."""
    return bytes((seed + position * 7) % 250 for position in range(start, start + length))


def caller_speech(at_ms: int, length_ms: int) -> bytes:
    """Return the caller's audio."""
    return _pattern(1, at_ms * 8, length_ms * 8)


def reply_speech(reply_id: str, start: int, end: int) -> bytes:
    """Return the agent's audio by position within the reply."""
    return _pattern(int(reply_id[1:]) * 50, start, end - start)


def expected_channels() -> tuple[bytes, bytes]:
    """Return the caller's and the agent's channel as expected in the recording, mu-law."""
    caller = bytearray(SILENCE * (END_MS * 8))
    for at_ms in range(STREAM_MS, END_MS, FRAME_MS):
        if at_ms not in LOST_FRAMES:
            caller[at_ms * 8 : (at_ms + FRAME_MS) * 8] = caller_speech(at_ms, FRAME_MS)
    agent = bytearray(SILENCE * (END_MS * 8))
    for at_ms, reply_id, start, end in (
        (600, "r1", 0, 16_000),
        (5000, "r2", 0, 8000),
        (7000, "r2", 8000, 12_000),
    ):
        agent[at_ms * 8 : at_ms * 8 + end - start] = reply_speech(reply_id, start, end)
    return bytes(caller), bytes(agent)


def linear(mulaw: bytes) -> list[int]:
    """Decode mu-law to 16-bit samples."""
    return [DECODE[code] for code in mulaw]


def events() -> list[tuple[int, str, Body]]:
    """Return the events of the call: time (ms), stage, body."""
    word = synthesis_pb2.WordTiming
    return [
        (
            0,
            "webhook",
            call_pb2.CallStarted(
                direction=call_pb2.DIRECTION_INBOUND, from_number="+15550001", to_number="+15550002"
            ),
        ),
        (400, "edge", call_pb2.StreamStarted(stream_sid="MZ1", at_ms=STREAM_MS)),
        (410, "brain", reply_pb2.ReplyStarted(reply_id="r1", kind=reply_pb2.REPLY_KIND_GREETING)),
        (420, "brain", reply_pb2.ReplyClause(reply_id="r1", clause=0, text="Hello, how can I help?")),
        (430, "brain", reply_pb2.ReplyFinished(reply_id="r1", clauses=1, reason="stop")),
        (500, "tts", synthesis_pb2.SynthesisStarted(reply_id="r1")),
        (550, "tts", synthesis_pb2.ClauseSynthesized(reply_id="r1", clause=0, end_sample=16_000)),
        (600, "edge", playback_pb2.PlaybackStarted(reply_id="r1", at_ms=600)),
        (1600, "edge", playback_pb2.PlaybackProgressed(reply_id="r1", played_samples=8000, at_ms=1600)),
        (2600, "edge", playback_pb2.PlaybackFinished(reply_id="r1", played_samples=16_000, at_ms=2600)),
        (3030, "stt", speech_pb2.SpeechStarted(at_ms=3000)),
        (4050, "stt", speech_pb2.SpeechStopped(at_ms=4000)),
        (
            4100,
            "brain",
            reply_pb2.ReplyStarted(reply_id="r3", turn=1, kind=reply_pb2.REPLY_KIND_ANSWER, speculative=True),
        ),
        (4110, "brain", reply_pb2.ReplyClause(reply_id="r3", clause=0, text="Too early.")),
        (4200, "brain", reply_pb2.ReplyCancelled(reply_id="r3", reason="speculation")),
        (
            4300,
            "stt",
            speech_pb2.TurnEnded(
                turn=1, text="a table for two", speech_end_ms=4000, audio_end_ms=4250, decided_by="silence"
            ),
        ),
        (4310, "brain", reply_pb2.ReplyStarted(reply_id="r2", turn=1, kind=reply_pb2.REPLY_KIND_ANSWER)),
        (
            4500,
            "brain",
            reply_pb2.ReplyClause(
                reply_id="r2", clause=0, text="Gladly. ", llm_requested_ms=4310, first_token_ms=4450
            ),
        ),
        (4510, "brain", reply_pb2.ReplyClause(reply_id="r2", clause=1, text="At what time?")),
        (4800, "tts", synthesis_pb2.SynthesisStarted(reply_id="r2", tts_requested_ms=4505)),
        (4810, "tts", synthesis_pb2.ClauseSynthesized(reply_id="r2", clause=0, end_sample=6000)),
        (
            4820,
            "tts",
            synthesis_pb2.ClauseSynthesized(
                reply_id="r2",
                clause=1,
                start_sample=6000,
                end_sample=24_000,
                words=[
                    word(text="At", start_ms=750, end_ms=1000),
                    word(text="what", start_ms=1000, end_ms=1500),
                    word(text="time?", start_ms=1500, end_ms=3000),
                ],
            ),
        ),
        (5000, "edge", playback_pb2.PlaybackStarted(reply_id="r2", at_ms=5000)),
        (5140, "edge", playback_pb2.PlaybackProgressed(reply_id="r2", played_samples=800, at_ms=5140)),
        (6000, "edge", playback_pb2.PlaybackPaused(reply_id="r2", played_samples=8000, at_ms=6000)),
        (7000, "edge", playback_pb2.PlaybackStarted(reply_id="r2", from_sample=8000, at_ms=7000)),
        (7500, "edge", playback_pb2.BargeIn(reply_id="r2", played_samples=12_000, at_ms=7500)),
        (11_900, "edge", call_pb2.StreamStopped(stream_sid="MZ1", at_ms=END_MS, reason="stop")),
        (END_MS, "edge", call_pb2.CallEnded(reason="completed", duration_ms=END_MS)),
    ]


@dataclass(slots=True)
class ScriptedCall:
    """Publishes the call in parts; by default it started `END_MS` ago."""

    bus: Bus
    call_sid: str
    started_at_us: int = 0

    def __post_init__(self) -> None:
        self.started_at_us = self.started_at_us or now_us() - END_MS * 1000

    async def request_recorder(self) -> None:
        """Publish the recorder's work message."""
        work = Work(call_sid=self.call_sid, stage="recorder")
        await self.bus.publish_durable(subjects.work("recorder", self.call_sid), work.SerializeToString())

    async def publish(self, from_ms: int, until_ms: int) -> None:
        """Publish all audio and events of a period of call time."""
        await self._publish_agent_audio(from_ms, until_ms)
        for sequence, at_ms in enumerate(range(STREAM_MS, END_MS, FRAME_MS), 1):
            if from_ms <= at_ms < until_ms and at_ms not in LOST_FRAMES:
                audio = CallerAudio(
                    epoch=1, sequence=sequence, at_ms=at_ms, mulaw=caller_speech(at_ms, FRAME_MS)
                )
                await self._publish_audio(subjects.caller_audio(self.call_sid), audio)
        for sequence, (at_ms, stage, body) in enumerate(events(), 1):
            if from_ms <= at_ms < until_ms:
                await self._publish_event(sequence, at_ms, stage, body)

    async def _publish_agent_audio(self, from_ms: int, until_ms: int) -> None:
        synthesized_at_ms = {"r1": 500, "r2": 4800, "r3": 4150}
        sequence = 0
        for reply_id, samples in REPLY_SAMPLES.items():
            for offset in range(0, samples, 800):
                sequence += 1
                if from_ms <= synthesized_at_ms[reply_id] < until_ms:
                    audio = AgentAudio(
                        epoch=1,
                        sequence=sequence,
                        reply_id=reply_id,
                        offset_samples=offset,
                        mulaw=reply_speech(reply_id, offset, min(offset + 800, samples)),
                    )
                    await self._publish_audio(subjects.agent_audio(self.call_sid), audio)

    async def _publish_audio(self, subject: str, audio: CallerAudio | AgentAudio) -> None:
        await self.bus.publish(subject, audio.SerializeToString())

    async def _publish_event(self, sequence: int, at_ms: int, stage: str, body: Body) -> None:
        event = wrap(
            body,
            call_sid=self.call_sid,
            stage=stage,
            epoch=1,
            sequence=sequence,
            sent_at_us=self.started_at_us + at_ms * 1000,
            traceparent="",
        )
        await self.bus.publish_durable(
            subjects.call_event(self.call_sid, event_name(body)),
            event.SerializeToString(),
            message_id=f"{self.call_sid}:{event.id}",
        )
