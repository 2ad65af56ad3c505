"""Both directions of a call on one time axis. No I/O, no clock.

The caller's audio is placed by its timestamps, the agent's by when it was played. Positions are samples of
call time: 8 per millisecond, one byte of mu-law each.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from parley.audio.g711 import BYTES_PER_MS, SILENCE
from parley.events.envelope import Body
from parley.v1.audio_pb2 import AgentAudio, CallerAudio
from services.recorder.recent_replies import RecentReplies

_UNKNOWN_REPLY_SAMPLES = 60_000 * BYTES_PER_MS
"""Audio may arrive before the event that starts its reply; audio of other replies is discarded after this."""


@dataclass(slots=True)
class Track:
    """Pieces of audio by position.

    Where pieces overlap, the earlier owner's piece wins. The edge does the same: it keeps the audio that it
    has, and takes only the missing part from the next owner's repetition.
    """

    _pieces: dict[tuple[int, int], tuple[int, bytes]] = field(default_factory=dict)
    end: int = 0
    """Position after the last sample so far."""
    added_at: int = 0
    """How much of the call was stored when the track began."""

    def add(self, owner: tuple[int, int], start: int, mulaw: bytes) -> None:
        """Add a piece; `owner` is its epoch and sequence, under which a repetition replaces it."""
        self._pieces[owner] = (start, mulaw)
        self.end = max(self.end, start + len(mulaw))

    def cut(self, start: int, end: int) -> bytes:
        """Return the audio from `start` to `end`, with silence in gaps."""
        audio = bytearray(SILENCE * (end - start))
        for _, (at, mulaw) in sorted(self._pieces.items(), reverse=True):
            low, high = max(at, start), min(at + len(mulaw), end)
            if low < high:
                audio[low - start : high - start] = mulaw[low - at : high - at]
        return bytes(audio)

    def discard_before(self, before: int) -> None:
        """Discard pieces that end before a position."""
        self._pieces = {
            owner: piece for owner, piece in self._pieces.items() if piece[0] + len(piece[1]) > before
        }


@dataclass(slots=True)
class AudioFence:
    """Admits each audio chunk of a subject once, in order, and no chunk with a stale epoch."""

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
    """Admits a subject's chunks in order and counts the gaps between them."""

    fence: AudioFence = field(default_factory=AudioFence)
    gap_count: int = 0
    from_start: bool = True
    """Whether a chunk that is not an owner's first is behind a gap if no chunk precedes it."""

    def admits(self, epoch: int, sequence: int) -> bool:
        before = (self.fence.epoch, self.fence.sequence)
        if not self.fence.admits(epoch, sequence):
            return False
        expected = before[1] + 1 if epoch == before[0] else 1
        self.gap_count += sequence != expected and (self.from_start or before != (0, 0))
        return True

    def accepts(self, epoch: int, sequence: int) -> bool:
        """Whether a chunk is new or of the current epoch, and so may fill a gap; a repetition is harmless."""
        return self.admits(epoch, sequence) or epoch == self.fence.epoch


@dataclass(slots=True)
class Timeline:
    """The part of a call's audio that is not stored yet."""

    stored: int = 0
    """Position up to which the audio is stored."""
    replies: RecentReplies = field(default_factory=RecentReplies)
    _caller: Track = field(default_factory=Track)
    _agent: dict[str, Track] = field(default_factory=dict)
    _caller_counter: _GapCounter = field(default_factory=_GapCounter)
    _agent_counter: _GapCounter = field(default_factory=_GapCounter)

    @property
    def gap_count(self) -> int:
        """Number of gaps in live audio since the last merge; if any, the stream must be read again."""
        return self._caller_counter.gap_count + self._agent_counter.gap_count

    def add_caller_audio(self, audio: CallerAudio) -> None:
        """Add a live chunk of the caller."""
        if self._caller_counter.accepts(audio.epoch, audio.sequence):
            self._place_caller_audio(audio)

    def add_agent_audio(self, audio: AgentAudio) -> None:
        """Add a live chunk of the agent, whether or not it will be played."""
        if self._agent_counter.accepts(audio.epoch, audio.sequence):
            self._place_agent_audio(audio)

    @property
    def needed_since_ms(self) -> int:
        """Call time since which the audio published may become part of what is not stored yet."""
        return self.replies.needed_since_ms(self.stored)

    def merge_stored(
        self, caller: Iterable[CallerAudio], agent: Iterable[AgentAudio], *, from_start: bool = True
    ) -> bool:
        """Merge stored chunks of the call, in order, which fills gaps.

        `from_start`: they are all chunks of the call, so that the first ones must be among them.

        Returns whether the stored chunks also have gaps.
        """
        caller_counter, agent_counter = (_GapCounter(from_start=from_start) for _ in range(2))
        for caller_audio in caller:
            if caller_counter.admits(caller_audio.epoch, caller_audio.sequence):
                self._place_caller_audio(caller_audio)
        for agent_audio in agent:
            if agent_counter.admits(agent_audio.epoch, agent_audio.sequence):
                self._place_agent_audio(agent_audio)
        # Live chunks may have arrived during the read, so each counter continues from the later position.
        self._caller_counter = _GapCounter(_later(self._caller_counter.fence, caller_counter.fence))
        self._agent_counter = _GapCounter(_later(self._agent_counter.fence, agent_counter.fence))
        return bool(caller_counter.gap_count or agent_counter.gap_count)

    def apply(self, event: Body, at_ms: int) -> None:
        """Apply an event of the call that was sent at a call time (ms)."""
        self.replies.apply(event, at_ms)

    def finish(self, at_ms: int) -> int:
        """End the call and return the position at which its recording ends."""
        self.replies.playout.close(at_ms)
        return max(self.stored, at_ms * BYTES_PER_MS, self._caller.end)

    def stable_until(self, now_ms: int, settle_ms: int) -> int:
        """Return the position before which nothing can change, given that chunks are late by `settle_ms`."""
        now = now_ms * BYTES_PER_MS
        if self.replies.stream_open:
            # An open stream delivers audio without pause, so its lag shows the lag of everything else.
            now = min(now, self._caller.end)
        stable = now - settle_ms * BYTES_PER_MS
        confirmed = self.replies.playout.confirmed_until
        if confirmed is not None:
            stable = min(stable, confirmed)
        return max(self.stored, stable)

    def cut(self, end: int) -> tuple[bytes, bytes]:
        """Return both channels, caller and agent, from `stored` to `end`."""
        return self._caller.cut(self.stored, end), self._played_audio(self.stored, end)

    def mark_stored(self, end: int) -> None:
        """Record that audio before `end` is stored, and discard it."""
        self.stored = end
        self._caller.discard_before(end)
        self.replies.discard_before(end)
        for reply_id, track in list(self._agent.items()):
            spans = self.replies.playout.spans_of(reply_id)
            if spans and not spans[-1].playing and spans[-1].end <= end:
                track.discard_before(spans[-1].until_sample)
            if not self.replies.needs(reply_id) and track.added_at + _UNKNOWN_REPLY_SAMPLES <= end:
                del self._agent[reply_id]

    def _played_audio(self, start: int, end: int) -> bytes:
        audio = bytearray(SILENCE * (end - start))
        spans = self.replies.playout.spans
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
                audio[low - start : high - start] = track.cut(low + shift, high + shift)
        return bytes(audio)

    def _place_caller_audio(self, audio: CallerAudio) -> None:
        start = audio.at_ms * BYTES_PER_MS
        if start + len(audio.mulaw) > self.stored:
            self._caller.add((audio.epoch, audio.sequence), start, audio.mulaw)

    def _place_agent_audio(self, audio: AgentAudio) -> None:
        track = self._agent.setdefault(audio.reply_id, Track(added_at=self.stored))
        track.add((audio.epoch, audio.sequence), audio.offset_samples, audio.mulaw)


def _later(one: AudioFence, other: AudioFence) -> AudioFence:
    return one if (one.epoch, one.sequence) >= (other.epoch, other.sequence) else other
