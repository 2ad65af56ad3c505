"""What happened in a conversation, as its expectations speak of it. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.turns.barge_in_figures import broken_off
from parley.envelope import CallClock, body_of, name_of
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, work_pb2
from parley.v1.reply_pb2 import REPLY_KIND_FILLER
from sandbox.caller.report import AgentSpeech
from services.brain import conversation
from services.brain.conversation import Conversation
from services.brain.reply import Reply
from tests.conversations.play import Held


@dataclass(frozen=True, slots=True)
class Story:
    """One conversation."""

    held: Held

    @property
    def known(self) -> Conversation:
        """As the brain knew it at the end."""
        known = Conversation()
        for event in self.held.events:
            known = conversation.evolve(known, event)
        return known

    @property
    def turns(self) -> list[str]:
        """What the caller said, turn by turn."""
        return [body.text for e in self.held.events if isinstance(body := body_of(e), speech_pb2.TurnEnded)]

    @property
    def replies(self) -> list[Reply]:
        """What the agent meant to be heard, fillers apart."""
        meant = (reply for reply in self.known.replies if reply.dropped != "speculation")
        return [reply for reply in meant if reply.kind != REPLY_KIND_FILLER]

    @property
    def fillers(self) -> list[str]:
        """Those that were said."""
        return [r.text.strip() for r in self.known.replies if r.kind == REPLY_KIND_FILLER]

    @property
    def heard(self) -> str:
        """All words that the caller heard."""
        return " ".join(" ".join(line.text or "" for line in self.held.report.agent_speech).split())

    @property
    def ended_by(self) -> str:
        """Why the call ended."""
        ends = (b.reason for e in self.held.events if isinstance(b := body_of(e), call_pb2.CallEnded))
        return next(ends, "")

    @property
    def keys(self) -> list[str]:
        """Inputs by keys."""
        return [b.digits for e in self.held.events if isinstance(b := body_of(e), reply_pb2.KeysEntered)]

    @property
    def failures(self) -> list[str]:
        """What stages told of things that went wrong."""
        return [b.code for e in self.held.events if isinstance(b := body_of(e), work_pb2.StageFailed)]

    @property
    def interruptions(self) -> int:
        """Replies that the caller broke off."""
        return sum(reply.dropped == "barge_in" and reply.audible for reply in self.replies)

    @property
    def resumed(self) -> int:
        """How often the agent played on after a false alarm."""
        return sum(isinstance(body_of(e), reply_pb2.ReplyResumed) for e in self.held.events)

    @property
    def silent_after_ms(self) -> list[float]:
        """How long the agent went on after words that broke it off."""
        noises = [line for line in self.held.report.caller_speech if not line.text.strip()]
        return [
            barge_in.agent_silent_after_ms
            for barge_in in self.held.report.barge_ins
            if not any(noise.start_ms <= barge_in.spoke_at_ms <= noise.end_ms for noise in noises)
        ]

    @property
    def first_sound_ms(self) -> float:
        """From the stream's start to the agent's first sound."""
        heard: list[AgentSpeech] = self.held.report.agent_speech
        return heard[0].start_ms if heard else float("inf")

    def history_differs(self) -> str:
        """Where the history keeps something else than was heard; empty when nowhere, to within a word."""
        heard = "".join(self.heard.split())
        for reply in broken_off(self.held.events):
            sure = "".join(reply.heard_text.split()[:-1])
            if sure not in heard:
                return f"the history keeps {reply.heard_text!r}, which was not heard so: {self.heard!r}"
        return ""

    def told(self) -> str:
        """The whole conversation, for whoever must find out why it went wrong."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        clock = CallClock(self.held.events[0].sent_at_us)
        yield f"{self.held.call_sid}, ended by {self.ended_by}"
        for event in self.held.events:
            body = body_of(event)
            if body is None or isinstance(body, playback_pb2.PlaybackProgressed | speech_pb2.WordsHeard):
                continue
            facts = " ".join(str(body).split())[:110]
            yield f"{clock.ms_at(event.sent_at_us):7} {event.stage:8} {name_of(body):18} {facts}"
        yield f"heard: {self.heard}"
