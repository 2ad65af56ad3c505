"""A call's turns as figures: what callers waited, what of it was the providers'. No I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.turns.calls import Call
from bench.turns.provider_time import AnsweredTurn, Journals, ProviderTime, provider_time
from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2

_FRAME_US = 20_000


@dataclass(slots=True)
class TurnStats:
    """Milliseconds, one of each a turn; shares over all calls."""

    perceived_ms: list[float] = field(default_factory=list)
    """From the end of the caller's voice to the first sound, both as on the line, in frames of 20 ms."""
    arrived_ms: list[float] = field(default_factory=list)
    """The same to the arrival of that sound, without the frames' grid: see `way_ms`."""
    overhead_ms: list[float] = field(default_factory=list)
    """What was waited to its arrival, less the providers' time: of use where nothing was begun early."""
    overhead_on_line_ms: list[float] = field(default_factory=list)
    """What was waited, less the providers' time: the line's frames of 20 ms included."""
    providers_ms: list[float] = field(default_factory=list)
    unmatched: int = 0
    """Turns of which the stand-ins' logs lack something."""
    unanswered: int = 0
    speculations: int = 0
    speculations_discarded: int = 0
    discarded_characters: int = 0


def turn_stats(calls: Iterable[Call], journals: Journals) -> TurnStats:
    """Of all turns of these calls."""
    figures = TurnStats()
    for call in calls:
        _count_speculations(call, figures)
        answered = answered_turns(call)
        arrivals = [e["at_us"] for e in journals.telephone if _is_arrival(e, call.call_sid)]
        for response in call.report.responses:
            if response.gap_ms is None or response.first_audio_at is None:
                figures.unanswered += 1
                continue
            figures.perceived_ms.append(response.gap_ms)
            heard_us = round(response.first_audio_at * 1e6)
            end_us = heard_us - round(response.gap_ms * 1000)
            turn = next((turn for turn in answered if turn.turn_ended_at_us > end_us - _FRAME_US), None)
            providers = None if turn is None else provider_time(turn, journals)
            arrived_us = next((at_us for at_us in arrivals if at_us > end_us), None)
            if providers is None or arrived_us is None:
                figures.unmatched += 1
                continue
            waited_ms = latency_ms(providers, heard_us) + (arrived_us - providers.speech_end_at_us) / 1000
            figures.arrived_ms.append(waited_ms)
            figures.providers_ms.append(providers.total_ms)
            figures.overhead_ms.append(waited_ms - providers.total_ms)
            figures.overhead_on_line_ms.append(response.gap_ms - providers.total_ms)
    return figures


def latency_ms(providers: ProviderTime, heard_us: int) -> float:
    """How long the last voiced frame took to the transcriber.

    The caller's side sends and hears on a clock of 20 ms, to which `heard_us` belongs: how far the frame's
    arrival at the transcriber is behind that clock is what the way there took. The clock wobbles a little.
    """
    half_us = _FRAME_US // 2
    return ((providers.speech_end_at_us - heard_us + half_us) % _FRAME_US - half_us) / 1000


def answered_turns(call: Call) -> list[AnsweredTurn]:
    """Turns and their answers' first clauses, by the call's log."""
    ended_us: dict[int, int] = {}
    replies: dict[str, int] = {}
    texts: dict[str, str] = {}
    found: list[AnsweredTurn] = []
    for event in call.events:
        match event_body(event):
            case speech_pb2.TurnEnded(turn=turn):
                ended_us[turn] = event.sent_at_us
            case reply_pb2.ReplyStarted(reply_id=reply_id, turn=turn):
                replies[reply_id] = turn
            case reply_pb2.ReplyClause(reply_id=reply_id, clause=0, text=text):
                texts[reply_id] = text
            case synthesis_pb2.SynthesisStarted(reply_id=reply_id) if replies.get(reply_id) in ended_us:
                at_us = ended_us[replies[reply_id]]
                found.append(AnsweredTurn(call.call_sid, reply_id, at_us, event.sent_at_us, texts[reply_id]))
            case _:
                pass
    return found


def _is_arrival(entry: object, call_sid: str) -> bool:
    return isinstance(entry, dict) and entry["kind"] == "audio_received" and entry.get("call_sid") == call_sid


def _count_speculations(call: Call, figures: TurnStats) -> None:
    guessed: set[str] = set()
    characters: dict[str, int] = {}
    for event in call.events:
        match event_body(event):
            case reply_pb2.ReplyStarted(reply_id=reply_id, speculative=True):
                guessed.add(reply_id)
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                characters[reply_id] = characters.get(reply_id, 0) + len(text)
            case reply_pb2.ReplyCancelled(reply_id=reply_id, reason="speculation"):
                figures.speculations_discarded += 1
                figures.discarded_characters += characters.get(reply_id, 0)
            case _:
                pass
    figures.speculations += len(guessed)
