"""One reply of the agent: its text, its synthesis and its playback. No I/O, no clock.

The log holds the position of playback only every few seconds. In between it is estimated: audio plays in real
time until playback pauses, but not beyond the audio that was synthesized.
"""

from dataclasses import dataclass, field, replace

from parley.audio.g711 import SAMPLES_PER_MS
from parley.audio.playout_position import PlaybackEvent, PlayoutPosition
from parley.events.envelope import Body
from parley.v1 import playback_pb2, reply_pb2, synthesis_pb2


@dataclass(frozen=True, slots=True)
class SynthesizedClause:
    """The end of a clause and of each of its words, in samples of the reply's audio."""

    end_sample: int
    words: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply of the agent, folded from its events."""

    reply_id: str
    turn: int
    kind: int = reply_pb2.REPLY_KIND_ANSWER
    clauses: tuple[str, ...] = ()
    finished: str = ""
    """Reason why the text is complete; empty while it is incomplete."""
    cancelled: str = ""
    """Reason why the rest is not played; empty if it will be."""
    synthesized: tuple[SynthesizedClause, ...] = ()
    position: PlayoutPosition = field(default_factory=PlayoutPosition)
    """The last known position of playback."""
    playing: bool = False
    """Whether playback has continued since that position."""
    audible: bool = False
    """Whether playback has started."""
    paused: bool = False
    predicted_text: str = ""
    """Transcript that the reply answers, if it was started before the end of the turn."""
    speculative: bool = False
    """Whether it was started on a predicted turn and is not released for playback yet."""
    uninterruptible: bool = False
    """Whether the caller's speech does not stop it."""
    agent: str = ""
    """The agent whose reply it is, as in `CurrentAgent.name`."""
    language: str = ""
    """Its language, as in `CurrentAgent.language`."""
    done: bool = False
    """Whether playback has ended, or nothing is left to play."""

    @property
    def text(self) -> str:
        """All text generated up to now."""
        return "".join(self.clauses)

    @property
    def is_non_answer(self) -> bool:
        """Whether it does not answer: a filler, words before a hand-off, or a speculative reply."""
        speculative = self.cancelled == "speculation" or self.speculative
        return speculative or self.kind in (reply_pb2.REPLY_KIND_FILLER, reply_pb2.REPLY_KIND_HANDOFF)

    @property
    def played_samples(self) -> int:
        """Samples that were played, as far as events show."""
        return self.position.samples

    @property
    def synthesized_samples(self) -> int:
        """Length of the audio of all clauses that were synthesized."""
        return self.synthesized[-1].end_sample if self.synthesized else 0

    @property
    def plays_until_ms(self) -> int:
        """Call time at which the audio synthesized so far will have been played; 0 if it is not playing."""
        if not self.playing:
            return 0
        return self.position.at_ms + max(0, self.synthesized_samples - self.played_samples) // SAMPLES_PER_MS

    @property
    def remaining_ms(self) -> float:
        """Duration of audio not played yet; infinite while text or synthesis is incomplete."""
        if not self.finished or len(self.synthesized) < len(self.clauses):
            return float("inf")
        return max(0, self.synthesized_samples - self.played_samples) / SAMPLES_PER_MS

    def at(self, at_ms: int) -> "Reply":
        """Return the reply with the position of playback estimated for a call time."""
        if not self.playing:
            return self
        estimated = self.position.samples_at(at_ms, limit=self.synthesized_samples)
        return replace(self, position=self.position.advance(estimated, at_ms))

    def stopped_at(self, at_ms: int) -> "Reply":
        """Return the reply with playback stopped at a call time, at the position estimated for it."""
        return replace(self.at(at_ms), playing=False) if self.playing else self

    @property
    def played_text(self) -> str:
        """The words that were played completely."""
        words: list[str] = []
        for text, clause in zip(self.clauses, self.synthesized, strict=False):
            if clause.end_sample <= self.played_samples:
                words.append(text.strip())
                continue
            words += [word for word, end in clause.words if end <= self.played_samples]
            break
        return " ".join(words)


def evolve(reply: Reply, body: Body, at_ms: int = 0) -> Reply:
    """Return the reply after one of its events, which was sent at call time `at_ms`."""
    match body:
        case reply_pb2.ReplyClause() if body.clause == len(reply.clauses):
            return replace(reply, clauses=(*reply.clauses, body.text))
        case reply_pb2.ReplyFinished():
            # A reply without text has no playback to wait for.
            return replace(reply, finished=body.reason or "stop", done=reply.done or not body.clauses)
        case reply_pb2.ReplyCancelled():
            # The edge states the exact position later; until then the model needs the words played so far.
            return replace(reply.stopped_at(at_ms), cancelled=body.reason or "barge_in", paused=False)
        case reply_pb2.ReplyResumed():
            return replace(reply, paused=False)
        case synthesis_pb2.ClauseSynthesized() if body.clause == len(reply.synthesized):
            return replace(reply, synthesized=(*reply.synthesized, _synthesized_clause(body)))
        case playback_pb2.PlaybackStarted():
            playing = not reply.cancelled
            return replace(_with_playback(reply, body, playing=playing), audible=True, paused=False)
        case playback_pb2.PlaybackProgressed():
            return _with_playback(reply, body, playing=reply.playing)
        case playback_pb2.PlaybackPaused():
            return replace(_with_playback(reply, body, playing=False), paused=not reply.cancelled)
        case playback_pb2.PlaybackFinished() | playback_pb2.BargeIn():
            return replace(_with_playback(reply, body, playing=False), done=True)
        case _:
            return reply


def _with_playback(reply: Reply, event: PlaybackEvent, *, playing: bool) -> Reply:
    return replace(reply, position=reply.position.evolve(event), playing=playing)


def _synthesized_clause(body: synthesis_pb2.ClauseSynthesized) -> SynthesizedClause:
    words = tuple((word.text, word.end_ms * SAMPLES_PER_MS) for word in body.words)
    return SynthesizedClause(body.end_sample, words)
