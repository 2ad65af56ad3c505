"""Statistics of turns: the latency on the line and the providers' part of it. No I/O, no clock."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from bench.turns.calls import Call
from bench.turns.provider_time import AnsweredTurn, Journals, ProviderTime, provider_time
from parley.events.envelope import event_body
from parley.v1 import reply_pb2, speech_pb2, synthesis_pb2

_FRAME_US = 20_000


@dataclass(slots=True)
class TurnStats:
    """One value per turn, in milliseconds, and counts over all calls."""

    perceived_ms: list[float] = field(default_factory=list)
    """From the end of the caller's speech to the first audio, both on the line, in frames of 20 ms."""
    arrived_ms: list[float] = field(default_factory=list)
    """The same to the arrival of that audio, without the 20 ms grid: see `transit_ms`."""
    overhead_ms: list[float] = field(default_factory=list)
    """Latency to the arrival less the providers' time; meaningful without speculation."""
    overhead_on_line_ms: list[float] = field(default_factory=list)
    """Latency on the line less the providers' time, including the 20 ms grid."""
    providers_ms: list[float] = field(default_factory=list)
    unmatched: int = 0
    """Turns with a missing journal entry."""
    unanswered: int = 0
    speculations: int = 0
    speculations_discarded: int = 0
    discarded_characters: int = 0


def turn_stats(calls: Iterable[Call], journals: Journals) -> TurnStats:
    """Statistics of all turns of the calls."""
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
            first_audio_us = round(response.first_audio_at * 1e6)
            end_us = first_audio_us - round(response.gap_ms * 1000)
            turn = next((turn for turn in answered if turn.turn_ended_at_us > end_us - _FRAME_US), None)
            providers = None if turn is None else provider_time(turn, journals)
            arrived_us = next((at_us for at_us in arrivals if at_us > end_us), None)
            if providers is None or arrived_us is None:
                figures.unmatched += 1
                continue
            waited = transit_ms(providers, first_audio_us) + (arrived_us - providers.speech_end_at_us) / 1000
            figures.arrived_ms.append(waited)
            figures.providers_ms.append(providers.total_ms)
            figures.overhead_ms.append(waited - providers.total_ms)
            figures.overhead_on_line_ms.append(response.gap_ms - providers.total_ms)
    return figures


def transit_ms(providers: ProviderTime, first_audio_us: int) -> float:
    """Transit time of the last frame with speech, from the caller to the STT provider.

    The caller sends and receives on a 20 ms clock, to which `first_audio_us` belongs. The offset of the
    frame's arrival at the provider from that clock is its transit time; the clock jitters slightly.
    """
    half_us = _FRAME_US // 2
    return ((providers.speech_end_at_us - first_audio_us + half_us) % _FRAME_US - half_us) / 1000


def answered_turns(call: Call) -> list[AnsweredTurn]:
    """Turns and the first clauses of their answers, from the event log."""
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
    speculative: set[str] = set()
    characters: dict[str, int] = {}
    for event in call.events:
        match event_body(event):
            case reply_pb2.ReplyStarted(reply_id=reply_id, speculative=True):
                speculative.add(reply_id)
            case reply_pb2.ReplyClause(reply_id=reply_id, text=text):
                characters[reply_id] = characters.get(reply_id, 0) + len(text)
            case reply_pb2.ReplyCancelled(reply_id=reply_id, reason="speculation"):
                figures.speculations_discarded += 1
                figures.discarded_characters += characters.get(reply_id, 0)
            case _:
                pass
    figures.speculations += len(speculative)
