"""Both voices on one clock: the caller's by its times, the agent's as it was heard. No I/O, no clock.

Positions are samples of call time, 8 a millisecond, one byte of mu-law each.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.events.envelope import Body
from parley.v1 import call_pb2
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from services.recorder import playout
from services.recorder.playout import Playout


@dataclass(slots=True)
class Track:
    """Pieces of sound by position.

    Of two at the same place the earlier counts: who plays keeps what it has, and takes from a successor's
    repetition only what it lacks.
    """

    _pieces: dict[tuple[int, int], tuple[int, bytes]] = field(default_factory=dict)
    end: int = 0
    """Position after the last sample so far."""

    def add(self, owner: tuple[int, int], start: int, mulaw: bytes) -> None:
        """Keep a piece; `owner` is its epoch and sequence, the same again changes nothing."""
        self._pieces[owner] = (start, mulaw)
        self.end = max(self.end, start + len(mulaw))

    def cut(self, start: int, end: int) -> bytes:
        """The sound from `start` to `end`, silence where there is none."""
        sound = bytearray(SILENCE * (end - start))
        for _, (at, mulaw) in sorted(self._pieces.items(), reverse=True):
            low, high = max(at, start), min(at + len(mulaw), end)
            if low < high:
                sound[low - start : high - start] = mulaw[low - at : high - at]
        return bytes(sound)

    def discard_before(self, before: int) -> None:
        """Let go of pieces that end before a position."""
        self._pieces = {
            owner: piece for owner, piece in self._pieces.items() if piece[0] + len(piece[1]) > before
        }


@dataclass(slots=True)
class AudioFence:
    """Admits each audio chunk of a subject once, in order, and none of an epoch that has been replaced."""

    epoch: int = 0
    sequence: int = 0

    def admits(self, epoch: int, sequence: int) -> bool:
        """Whether a chunk is newer than all before it; if so, its position is recorded."""
        if (epoch, sequence) <= (self.epoch, self.sequence):
            return False
        self.epoch, self.sequence = epoch, sequence
        return True


@dataclass(slots=True)
class _GapCounter:
    """Admits a subject's chunks in order, and notices one that is missing."""

    fence: AudioFence = field(default_factory=AudioFence)
    gap_count: int = 0

    def admits(self, epoch: int, sequence: int) -> bool:
        before = (self.fence.epoch, self.fence.sequence)
        if not self.fence.admits(epoch, sequence):
            return False
        expected = before[1] + 1 if epoch == before[0] else 1
        self.gap_count += sequence != expected
        return True

    def is_late(self, epoch: int) -> bool:
        """Whether a chunk that is not new may be one that was missing; one that was there changes nothing."""
        return epoch == self.fence.epoch


@dataclass(slots=True)
class Timeline:
    """A call's sound that is not stored yet."""

    stored: int = 0
    """Position up to which the sound is stored."""
    playout: Playout = field(default_factory=Playout)
    _caller: Track = field(default_factory=Track)
    _agent: dict[str, Track] = field(default_factory=dict)
    _caller_counter: _GapCounter = field(default_factory=_GapCounter)
    _agent_counter: _GapCounter = field(default_factory=_GapCounter)
    _stream_open: bool = False

    @property
    def gap_count(self) -> int:
        """How often a chunk did not come, so that the sound must be read again from its stream."""
        return self._caller_counter.gap_count + self._agent_counter.gap_count

    def add_caller_audio(self, audio: CallerAudio) -> None:
        """Live sound of the caller."""
        if self._caller_counter.admits(audio.epoch, audio.sequence) or self._caller_counter.is_late(
            audio.epoch
        ):
            self._store_caller(audio)

    def add_agent_audio(self, audio: AgentAudio) -> None:
        """Live sound of the agent, heard or not."""
        if self._agent_counter.admits(audio.epoch, audio.sequence) or self._agent_counter.is_late(
            audio.epoch
        ):
            self._store_agent(audio)

    def merge_stored(self, caller: Iterable[CallerAudio], agent: Iterable[AgentAudio]) -> bool:
        """All that the streams still hold of the call, from its first chunk on; mends gaps.

        Gives whether something lacks there too.
        """
        caller_order, agent_order = _GapCounter(), _GapCounter()
        for said in caller:
            if caller_order.admits(said.epoch, said.sequence):
                self._store_caller(said)
        for spoken in agent:
            if agent_order.admits(spoken.epoch, spoken.sequence):
                self._store_agent(spoken)
        # Live chunks may have come meanwhile: the further of the two goes on.
        self._caller_counter = _GapCounter(_later(self._caller_counter.fence, caller_order.fence))
        self._agent_counter = _GapCounter(_later(self._agent_counter.fence, agent_order.fence))
        return bool(caller_order.gap_count or agent_order.gap_count)

    def apply(self, event: Body) -> None:
        """An event of the call."""
        match event:
            case call_pb2.StreamStarted():
                self._stream_open = True
            case call_pb2.StreamStopped():
                self._stream_open = False
            case _:
                pass
        self.playout = playout.evolve(self.playout, event)

    def finish(self, at_ms: int) -> int:
        """The call is over; gives the position of the recording's end."""
        self.playout = playout.call_ended(self.playout, at_ms)
        return max(self.stored, at_ms * BYTES_PER_MS, self._caller.end)

    def stable_until(self, now_ms: int, settle_ms: int) -> int:
        """Position up to which nothing will change any more."""
        now = now_ms * BYTES_PER_MS
        if self._stream_open:
            # While a stream is open the caller's sound never pauses; where it lags, so does all else.
            now = min(now, self._caller.end)
        settled = now - settle_ms * BYTES_PER_MS
        certain = self.playout.confirmed_until
        if certain is not None:
            settled = min(settled, certain)
        return max(self.stored, settled)

    def cut(self, end: int) -> tuple[bytes, bytes]:
        """Both voices from `stored` to `end`: the caller's, the agent's."""
        return self._caller.cut(self.stored, end), self._played_audio(self.stored, end)

    def mark_stored(self, end: int) -> None:
        """Sound before `end` is stored: let go of it."""
        self.stored = end
        self._caller.discard_before(end)
        live = {span.reply_id for span in self.playout.spans if span.playing or span.end > end}
        over = {span.reply_id for span in self.playout.spans} - live
        for reply_id in over:
            last = self.playout.last_of(reply_id)
            track = self._agent.get(reply_id)
            if last is not None and track is not None:
                track.discard_before(last.until_sample)

    def _played_audio(self, start: int, end: int) -> bytes:
        sound = bytearray(SILENCE * (end - start))
        spans = self.playout.spans
        for n, span in enumerate(spans):
            track = self._agent.get(span.reply_id)
            if track is None:
                continue
            span_end = span.start + track.end - span.from_sample if span.playing else span.end
            if n + 1 < len(spans):
                span_end = min(span_end, spans[n + 1].start)
            low, high = max(span.start, start), min(span_end, end)
            if low < high:
                shift = span.from_sample - span.start
                sound[low - start : high - start] = track.cut(low + shift, high + shift)
        return bytes(sound)

    def _store_caller(self, audio: CallerAudio) -> None:
        start = audio.at_ms * BYTES_PER_MS
        if start + len(audio.mulaw) > self.stored:
            self._caller.add((audio.epoch, audio.sequence), start, audio.mulaw)

    def _store_agent(self, audio: AgentAudio) -> None:
        track = self._agent.setdefault(audio.reply_id, Track())
        track.add((audio.epoch, audio.sequence), audio.offset_samples, audio.mulaw)


def _later(one: AudioFence, other: AudioFence) -> AudioFence:
    return one if (one.epoch, one.sequence) >= (other.epoch, other.sequence) else other
