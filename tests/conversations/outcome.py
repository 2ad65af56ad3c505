"""Facts about a played conversation, for its expectations. No I/O, no clock."""

from collections.abc import Iterator
from dataclasses import dataclass

from bench.turns.barge_in_stats import interrupted_replies
from parley.clock import CallClock
from parley.events.envelope import event_body, event_name
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, work_pb2
from parley.v1.reply_pb2 import REPLY_KIND_FILLER
from sandbox.caller.report import AgentSpeech
from services.brain import conversation_fold
from services.brain.conversation import Conversation
from services.brain.reply import Reply
from tests.conversations.play import PlayedConversation


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one conversation."""

    played: PlayedConversation

    @property
    def final_state(self) -> Conversation:
        """The brain's state at the end of the call."""
        state = Conversation()
        for event in self.played.events:
            state = conversation_fold.evolve(state, event)
        return state

    @property
    def turns(self) -> list[str]:
        """Transcripts of the caller's turns."""
        return [
            body.text for e in self.played.events if isinstance(body := event_body(e), speech_pb2.TurnEnded)
        ]

    @property
    def replies(self) -> list[Reply]:
        """The agent's replies, without fillers and discarded speculations."""
        intended = (reply for reply in self.final_state.replies if reply.cancelled != "speculation")
        return [reply for reply in intended if reply.kind != REPLY_KIND_FILLER]

    @property
    def fillers(self) -> list[str]:
        """Texts of the fillers."""
        return [r.text.strip() for r in self.final_state.replies if r.kind == REPLY_KIND_FILLER]

    @property
    def played_text(self) -> str:
        """All words that were played to the caller."""
        return " ".join(" ".join(line.text or "" for line in self.played.report.agent_speech).split())

    @property
    def ended_by(self) -> str:
        """The reason why the call ended; empty while it has not."""
        ends = (b.reason for e in self.played.events if isinstance(b := event_body(e), call_pb2.CallEnded))
        return next(ends, "")

    @property
    def dtmf_inputs(self) -> list[str]:
        """Digits of each DTMF input."""
        return [
            b.digits for e in self.played.events if isinstance(b := event_body(e), reply_pb2.DtmfCollected)
        ]

    @property
    def failures(self) -> list[str]:
        """Codes of the failures that stages reported."""
        return [b.code for e in self.played.events if isinstance(b := event_body(e), work_pb2.StageFailed)]

    @property
    def interruptions(self) -> int:
        """Number of replies that the caller interrupted."""
        return sum(reply.cancelled == "barge_in" and reply.audible for reply in self.replies)

    @property
    def resumed(self) -> int:
        """Number of times playback resumed after a false barge-in."""
        return sum(isinstance(event_body(e), reply_pb2.ReplyResumed) for e in self.played.events)

    @property
    def silence_delays_ms(self) -> list[float]:
        """For each barge-in by speech, the time until the agent was silent."""
        noises = [line for line in self.played.report.caller_speech if not line.text.strip()]
        return [
            barge_in.agent_silent_after_ms
            for barge_in in self.played.report.barge_ins
            if not any(noise.start_ms <= barge_in.spoke_at_ms <= noise.end_ms for noise in noises)
        ]

    @property
    def first_audio_ms(self) -> float:
        """Time from the start of the stream to the agent's first audio; infinite without any."""
        speech: list[AgentSpeech] = self.played.report.agent_speech
        return speech[0].start_ms if speech else float("inf")

    def history_mismatch(self) -> str:
        """The first interrupted reply whose text in the history was not played; empty if all were.

        The last word of a reply is not compared, because it may have been cut.
        """
        played = "".join(self.played_text.split())
        for reply in interrupted_replies(self.played.events):
            certain = "".join(reply.played_text.split()[:-1])
            if certain not in played:
                return f"the history has {reply.played_text!r}, but the audio was {self.played_text!r}"
        return ""

    def describe(self) -> str:
        """Format the events of the conversation, for a test failure."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        clock = CallClock(self.played.events[0].sent_at_us)
        yield f"{self.played.call_sid}, ended by {self.ended_by}"
        for event in self.played.events:
            body = event_body(event)
            if body is None or isinstance(
                body, playback_pb2.PlaybackProgressed | speech_pb2.TranscriptUpdated
            ):
                continue
            facts = " ".join(str(body).split())[:110]
            yield f"{clock.ms_at(event.sent_at_us):7} {event.stage:8} {event_name(body):18} {facts}"
        yield f"played: {self.played_text}"
