"""Facts about a played conversation, for its expectations and reports. No I/O, no clock."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

from parley.clock import CallClock
from parley.events.envelope import Body, event_body, event_name
from parley.latency.projection import turn_latencies
from parley.latency.turn import TurnLatency
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, work_pb2
from parley.v1.event_pb2 import Event
from parley.v1.reply_pb2 import REPLY_KIND_FILLER
from sandbox.caller.report import AgentSpeech, Report
from services.brain import conversation_fold
from services.brain.conversation import Conversation
from services.brain.reply import Reply
from services.recorder.transcript import Line, transcript

_MAX_FACTS_CHARACTERS = 160


@dataclass(frozen=True, slots=True)
class PlayedConversation:
    """A finished conversation: its events and the caller's report."""

    call_sid: str
    report: Report
    events: tuple[Event, ...]
    agent: str = ""
    """Name of the agent file that answered, before any hand-off."""
    goal: str = ""
    """Result of a caller played by a model: `reached`, or why the goal was not reached."""


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A tool call of the agent's model, with its result."""

    name: str
    arguments: Any
    """Parsed; None if they were not JSON."""
    at_ms: int
    turn: int
    result: Any = None
    """Parsed; None without one."""
    returned_ms: int | None = None
    failed: bool = False
    problem: str = ""
    """Why the call was not run."""
    tool_call_id: str = ""


@dataclass(frozen=True)
class Outcome:
    """The outcome of one conversation."""

    played: PlayedConversation

    @property
    def events(self) -> tuple[Event, ...]:
        """All events of the call."""
        return self.played.events

    @cached_property
    def clock(self) -> CallClock:
        """The call's clock."""
        return CallClock(self.events[0].sent_at_us if self.events else 0)

    @cached_property
    def all_replies(self) -> tuple[Reply, ...]:
        """Every reply in order of its start, with its final state."""
        state, replies = Conversation(), dict[str, Reply]()
        for event in self.events:
            state = conversation_fold.evolve(state, event)
            # Old replies leave the state of a long call.
            replies.update((reply.reply_id, reply) for reply in state.replies)
        return tuple(replies.values())

    @property
    def turns(self) -> list[str]:
        """Transcripts of the caller's turns."""
        texts: dict[int, str] = {}
        for body in self._bodies():
            match body:
                case speech_pb2.TurnEnded():
                    texts.setdefault(body.turn, body.text)
                case speech_pb2.TranscriptUpdated(final=True) if texts.get(body.turn) == "":
                    # In mode `realtime` a turn may end before its words are transcribed.
                    texts[body.turn] = body.text
                case _:
                    pass
        return list(texts.values())

    @property
    def replies(self) -> list[Reply]:
        """The agent's replies, without fillers and discarded speculations."""
        intended = (reply for reply in self.all_replies if reply.cancelled != "speculation")
        return [reply for reply in intended if reply.kind != REPLY_KIND_FILLER]

    @property
    def fillers(self) -> list[str]:
        """Texts of the fillers."""
        return [r.text.strip() for r in self.all_replies if r.kind == REPLY_KIND_FILLER]

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """The transcript; the agent's lines have only the words that were played."""
        return transcript(self.events, self.duration_ms)

    @property
    def played_text(self) -> str:
        """All words that were played to the caller: as decoded from the audio, else as in the log."""
        decoded = " ".join(" ".join(line.text or "" for line in self.played.report.agent_speech).split())
        return decoded or " ".join(line.text for line in self.lines if line.speaker == "agent")

    @cached_property
    def tools(self) -> tuple[ToolUse, ...]:
        """The tool calls in order."""
        calls: dict[str, ToolUse] = {}
        for event in self.events:
            body, at_ms = event_body(event), self.clock.ms_at(event.sent_at_us)
            if isinstance(body, reply_pb2.ToolCalled) and body.tool_call_id not in calls:
                calls[body.tool_call_id] = ToolUse(
                    body.name,
                    _parsed(body.arguments),
                    at_ms,
                    body.turn,
                    problem=body.problem,
                    tool_call_id=body.tool_call_id,
                )
            elif isinstance(body, reply_pb2.ToolReturned) and body.tool_call_id in calls:
                calls[body.tool_call_id] = replace(
                    calls[body.tool_call_id],
                    result=_parsed(body.result),
                    returned_ms=at_ms,
                    failed=body.failed,
                )
        return tuple(calls.values())

    @cached_property
    def latencies(self) -> tuple[TurnLatency, ...]:
        """The times of each turn of the caller."""
        return turn_latencies(self.events)

    @property
    def latencies_ms(self) -> list[int]:
        """From the end of each turn to the first audio of its reply; only of answered turns."""
        return [turn.latency_ms for turn in self.latencies if turn.latency_ms is not None]

    @property
    def ended_by(self) -> str:
        """The reason why the call ended; empty while it has not."""
        return next((b.reason for b in self._bodies() if isinstance(b, call_pb2.CallEnded)), "")

    @property
    def duration_ms(self) -> int:
        """Length of the call; up to its last event if it has not ended."""
        ends = (b.duration_ms for b in self._bodies() if isinstance(b, call_pb2.CallEnded))
        last = self.clock.ms_at(self.events[-1].sent_at_us) if self.events else 0
        return int(next(ends, 0)) or last

    @property
    def recording_url(self) -> str:
        """URL of the recording; empty if it is not stored."""
        recorded = (b.recording_url for b in self._bodies() if isinstance(b, work_pb2.CallRecorded))
        return next(recorded, "")

    @property
    def agents(self) -> list[str]:
        """Names of the agents that spoke for the company, in order: the first one, then one per hand-off."""
        changes = [
            getattr(body, "agent", "") for body in self._bodies() if event_name(body) == "agent_changed"
        ]
        started = (b.agent for b in self._bodies() if isinstance(b, call_pb2.CallStarted))
        return [self.played.agent or next(started, ""), *changes]

    @property
    def data(self) -> dict[str, str]:
        """The data that the agent collected: the last value of each field."""
        found = (body for body in self._bodies() if event_name(body) == "data_collected")
        return {getattr(body, "field", ""): getattr(body, "value", "") for body in found}

    @property
    def found_documents(self) -> list[str]:
        """Documents whose passages the model received, each once, in order."""
        bodies = [event.knowledge_searched for event in self.events if event.HasField("knowledge_searched")]
        return list(dict.fromkeys(passage.document for body in bodies for passage in body.passages))

    @property
    def dtmf_inputs(self) -> list[str]:
        """Digits of each DTMF input."""
        return [body.digits for body in self._bodies() if isinstance(body, reply_pb2.DtmfCollected)]

    @property
    def failures(self) -> list[str]:
        """Codes of the failures that stages reported."""
        return [body.code for body in self._bodies() if isinstance(body, work_pb2.StageFailed)]

    @property
    def interrupted_replies(self) -> list[Reply]:
        """The replies that were interrupted after some of them had been played."""
        return [reply for reply in self.replies if reply.cancelled == "barge_in" and reply.audible]

    @property
    def interruptions(self) -> int:
        """Number of replies that the caller interrupted."""
        return len(self.interrupted_replies)

    @property
    def resumed(self) -> int:
        """Number of times playback resumed after a false barge-in."""
        return sum(isinstance(body, reply_pb2.ReplyResumed) for body in self._bodies())

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

    @property
    def agent_pauses_ms(self) -> list[float]:
        """Pauses of the agent in which the caller did not speak; those of less than 0.4 s are not noticed."""
        report = self.played.report
        return [
            after.start_ms - before.end_ms
            for before, after in pairwise(report.agent_speech)
            if not any(before.end_ms < s.end_ms and s.start_ms < after.start_ms for s in report.caller_speech)
        ]

    def history_mismatch(self) -> str:
        """The first interrupted reply whose text in the history was not played; empty if all were.

        The last word of a reply is not compared, because it may have been cut.
        """
        played = "".join(self.played_text.split())
        for reply in self.interrupted_replies:
            certain = "".join(reply.played_text.split()[:-1])
            if certain not in played:
                return f"the history has {reply.played_text!r}, but the audio was {self.played_text!r}"
        return ""

    def event_lines(self) -> list[str]:
        """One line for each event, without those that only report progress."""
        lines: list[str] = []
        for event in self.events:
            body = event_body(event)
            if body is None or isinstance(
                body, playback_pb2.PlaybackProgressed | speech_pb2.TranscriptUpdated
            ):
                continue
            facts = " ".join(str(body).split())[:_MAX_FACTS_CHARACTERS]
            lines.append(
                f"{self.clock.ms_at(event.sent_at_us):7} {event.stage:8} {event_name(body):18} {facts}"
            )
        return lines

    def transcript_lines(self) -> list[str]:
        """The transcript as text."""
        return [
            f"{line.start_ms / 1000:7.1f} s  {line.speaker:6}  {line.text}{' …' * line.interrupted}"
            for line in self.lines
        ]

    def describe(self) -> str:
        """The transcript and the events of the conversation, for a failure."""
        return "\n".join(
            [
                f"{self.played.call_sid}, ended by {self.ended_by or 'nothing'}",
                *self.transcript_lines(),
                *self.event_lines(),
                f"played: {self.played_text}",
            ]
        )

    def _bodies(self) -> Iterable[Body]:
        return (body for event in self.events if (body := event_body(event)) is not None)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
