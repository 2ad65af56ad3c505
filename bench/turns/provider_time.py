"""The providers' part of a turn's critical path, from the emulators' journals. No I/O, no clock.

A turn without speculation waits for four things in sequence: the final transcript, the model's first token,
the tokens that complete the first clause, and the first byte of its audio.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Journals:
    """The emulators' journals, oldest entries first."""

    stt: tuple[Entry, ...]
    llm: tuple[Entry, ...]
    tts: tuple[Entry, ...]
    telephone: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ProviderTime:
    """The time that one turn waited for providers, in milliseconds."""

    speech_end_at_us: int
    """When the last frame with speech reached the STT provider; UTC wall clock, microseconds."""
    stt_ms: float
    llm_first_token_ms: float
    llm_clause_ms: float
    """From the first token to the token that completes the first clause."""
    tts_ms: float

    @property
    def total_ms(self) -> float:
        """Sum of all parts."""
        return self.stt_ms + self.llm_first_token_ms + self.llm_clause_ms + self.tts_ms


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """A turn according to the event log; times are UTC wall clock, microseconds."""

    call_sid: str
    reply_id: str
    turn_ended_at_us: int
    synthesis_started_at_us: int
    first_clause: str


def provider_time(turn: AnsweredTurn, journals: Journals) -> ProviderTime | None:
    """The providers' part of a turn; None if a journal entry is missing."""
    final = _latest_before(
        turn.turn_ended_at_us, _entries_of(journals.stt, "stt_final", call_sid=turn.call_sid)
    )
    request = _latest_before(
        turn.synthesis_started_at_us, _entries_of(journals.llm, "request", call_sid=turn.call_sid)
    )
    if final is None or request is None:
        return None
    done = next((e for e in journals.llm if e["id"] == request["id"] and "sent_at_us" in e), None)
    byte = _latest_before(turn.synthesis_started_at_us, _audio_entries(journals.tts, "first_byte", turn))
    flush = (
        None if byte is None else _latest_before(byte["at_us"], _audio_entries(journals.tts, "flush", turn))
    )
    if done is None or byte is None or flush is None or not done["sent_at_us"]:
        return None
    first_us = done["sent_at_us"][0]
    clause_us = done["sent_at_us"][clause_completing_token(done["tokens"], turn.first_clause)]
    return ProviderTime(
        speech_end_at_us=final["speech_end_at_us"],
        stt_ms=(final["at_us"] - final["speech_end_at_us"]) / 1000,
        llm_first_token_ms=(first_us - request["at_us"]) / 1000,
        llm_clause_ms=(clause_us - first_us) / 1000,
        tts_ms=(byte["at_us"] - flush["at_us"]) / 1000,
    )


def clause_completing_token(tokens: Iterable[str], clause: str) -> int:
    """Number of the token that completes the clause.

    It contains the space after the clause. A clause without a trailing space is a phrase, completed by the
    next token.
    """
    lengths = list(accumulate(map(len, tokens)))
    wanted = len(clause) + (not clause[-1:].isspace())
    enough = (number for number, length in enumerate(lengths) if length >= wanted)
    return next(enough, len(lengths) - 1)


def _entries_of(journal: Iterable[Entry], kind: str, **fields: str) -> Iterable[Entry]:
    return (
        entry
        for entry in journal
        if entry["kind"] == kind and all(entry.get(name) == value for name, value in fields.items())
    )


def _audio_entries(journal: Iterable[Entry], kind: str, turn: AnsweredTurn) -> Iterable[Entry]:
    """Entries of the reply's first clause; a context id begins with CallSid and reply id."""
    name = f"{turn.call_sid}.{turn.reply_id}."
    return (
        entry
        for entry in _entries_of(journal, kind)
        if entry["context_id"].startswith(name) and entry["text"].strip() == turn.first_clause.strip()
    )


def _latest_before(at_us: int, entries: Iterable[Entry]) -> Entry | None:
    return max((e for e in entries if e["at_us"] <= at_us), key=lambda e: e["at_us"], default=None)
