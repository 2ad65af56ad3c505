"""Show a call line by line: the speech of both sides, and where each turn's milliseconds went. No I/O."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from rich.text import Text

from parley.audio.g711 import SAMPLE_RATE_HZ
from parley.events.envelope import Body, event_body
from parley.latency.projection import TurnLatencies
from parley.latency.turn import TurnLatency
from parley.v1 import call_pb2, playback_pb2, reply_pb2, speech_pb2, telephony_pb2, work_pb2
from parley.v1.event_pb2 import Event

_SIDE = {"caller": "cyan", "agent": "green", "": "dim"}


@dataclass(slots=True)
class LiveView:
    """The state of a call's display."""

    latencies: TurnLatencies = field(default_factory=TurnLatencies)
    duration_ms: int = 0
    recording_url: str = ""
    failures: list[str] = field(default_factory=list)
    _texts: dict[str, str] = field(default_factory=dict)
    _turn_by_reply: dict[str, int] = field(default_factory=dict)
    _audible: set[str] = field(default_factory=set)
    _finished: set[str] = field(default_factory=set)
    _printed: set[str] = field(default_factory=set)
    _untranscribed: dict[int, int] = field(default_factory=dict)
    """End of speech of each turn that has ended but has no transcript yet."""

    def lines(self, event: Event) -> list[Text]:  # noqa: C901 - one arm per event
        """The lines to print for an event."""
        self.latencies.apply(event)
        body = event_body(event)
        at_ms = self.latencies.clock.ms_at(event.sent_at_us) if self.latencies.clock else 0
        match body:
            case call_pb2.CallStarted():
                return [_line(0, "", f"call {event.call_sid}")]
            case speech_pb2.TurnEnded() | speech_pb2.TranscriptUpdated():
                return self._caller(body)
            case reply_pb2.ReplyStarted():
                self._turn_by_reply[body.reply_id] = body.turn
            case reply_pb2.ReplyClause():
                self._texts[body.reply_id] = self._texts.get(body.reply_id, "") + body.text
            case reply_pb2.ReplyFinished():
                self._finished.add(body.reply_id)
                return self._reply(body.reply_id, at_ms)
            case playback_pb2.PlaybackStarted():
                self._audible.add(body.reply_id)
                return self._reply(body.reply_id, body.at_ms)
            case playback_pb2.BargeIn():
                return [
                    _line(body.at_ms, "", f"interrupted after {body.played_samples / SAMPLE_RATE_HZ:.1f} s")
                ]
            case reply_pb2.ToolCalled():
                return [_line(at_ms, "", f"tool {body.name}({body.arguments})")]
            case work_pb2.StageFailed():
                self.failures.append(f"{event.stage}: {body.message}")
                return [_line(at_ms, "", f"{event.stage}: {body.message}", style="red")]
            case call_pb2.CallEnded():
                self.duration_ms = body.duration_ms
                return [_line(at_ms, "", f"call ended ({body.reason}) after {body.duration_ms / 1000:.1f} s")]
            case work_pb2.CallRecorded():
                self.recording_url = body.recording_url
            case _:
                return [_line(at_ms, "", text) for text in _telephone_texts(body)]
        return []

    def _caller(self, body: speech_pb2.TurnEnded | speech_pb2.TranscriptUpdated) -> list[Text]:
        """The line of a turn, once its words are transcribed."""
        if isinstance(body, speech_pb2.TranscriptUpdated):
            end_ms = self._untranscribed.pop(body.turn, None) if body.final else None
            return [] if end_ms is None else [_line(end_ms, "caller", body.text)]
        if body.transcript_pending:
            self._untranscribed = {body.turn: body.speech_end_ms}
            return []
        return [_line(body.speech_end_ms, "caller", body.text)]

    def _reply(self, reply_id: str, at_ms: int) -> list[Text]:
        if reply_id in self._printed or reply_id not in self._audible & self._finished:
            return []
        self._printed.add(reply_id)
        lines = [_line(at_ms, "agent", self._texts.get(reply_id, "").strip())]
        turn = self._turn_by_reply.get(reply_id, 0)
        timing = self.latencies.turn(turn) if turn in self.latencies.turns_by_number else None
        if timing is not None and timing.reply_id == reply_id and timing.latency_ms is not None:
            lines.append(Text(" " * 18 + waterfall(timing), style="dim"))
        return lines


def _telephone_texts(body: Body | None) -> Iterator[str]:
    match body:
        case telephony_pb2.TransferRequested():
            kind = "warm" if body.kind == telephony_pb2.TRANSFER_KIND_WARM else "cold"
            yield f"{kind} transfer to {', '.join(target.name or target.address for target in body.targets)}"
        case telephony_pb2.TransferFinished():
            yield f"transfer to {body.target or body.address}: {body.outcome}{_because(body.reason)}"
        case telephony_pb2.MessageSent():
            yield f"text message {'not sent' if body.failed else 'sent'}{_because(body.reason)}"
        case _:
            pass


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def waterfall(timing: TurnLatency) -> str:
    """A turn's latency and its parts in one line."""
    shares = " + ".join(f"{name} {took}" for name, took in timing.parts_ms.items())
    return f"{timing.latency_ms} ms = {shares}"


def _line(at_ms: int, side: str, text: str, style: str = "") -> Text:
    line = Text(f"{at_ms // 60_000}:{at_ms / 1000 % 60:04.1f}".rjust(8) + "  ", style="dim")
    line.append(f"{side:7} ", style=style or _SIDE[side])
    line.append(text, style=style)
    return line
