"""The providers' part of a turn."""

from typing import Any

from bench.turns.provider_time import (
    AnsweredTurn,
    Journals,
    ProviderTime,
    clause_completing_token,
    provider_time,
)
from bench.turns.turn_stats import transit_ms

MS = 1000
TURN = AnsweredTurn("CA1", "r2", 300 * MS, 900 * MS, "Sure. ")


def entry(kind: str, at_ms: int, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "at_us": at_ms * MS, "call_sid": "CA1", **more}


JOURNALS = Journals(
    stt=(
        entry("stt_final", 40, speech_end_at_us=0),
        entry("stt_final", 290, speech_end_at_us=40 * MS),
        entry("stt_final", 295, speech_end_at_us=0) | {"call_sid": "CA2"},
    ),
    llm=(
        entry("request", 305, id="a"),
        entry("done", 800, id="a", tokens=["Sure", ".", " Well"], sent_at_us=[655_000, 667_500, 680_000]),
    ),
    tts=(
        entry("flush", 684, context_id="CA1.r2.7", text="Sure."),
        entry("first_byte", 814, context_id="CA1.r2.7", text="Sure."),
        entry("first_byte", 815, context_id="CA2.r2.1", text="Sure."),
        entry("first_byte", 890, context_id="CA1.r2.7", text="Well."),
    ),
    telephone=(),
)


def test_each_providers_part_is_found_by_call_and_reply() -> None:
    """The latest entry of each kind before the next step counts."""
    found = provider_time(TURN, JOURNALS)

    assert found == ProviderTime(40 * MS, stt_ms=250, llm_first_token_ms=350, llm_clause_ms=25, tts_ms=130)
    assert found.total_ms == 755


def test_a_missing_journal_entry_gives_no_result() -> None:
    """No result is better than a wrong one."""
    assert provider_time(TURN, Journals((), JOURNALS.llm, JOURNALS.tts, ())) is None
    assert provider_time(TURN, Journals(JOURNALS.stt, (), JOURNALS.tts, ())) is None
    assert provider_time(TURN, Journals(JOURNALS.stt, JOURNALS.llm, (), ())) is None


def test_a_clause_is_completed_by_the_token_with_the_following_space() -> None:
    """The last clause is completed by its last token."""
    assert clause_completing_token(["Of", " course", ".", " What"], "Of course. ") == 3
    assert clause_completing_token(["Bye", "."], "Bye.") == 1
    assert clause_completing_token(["We", " are", " open", " from", " eight"], "We are open") == 3


def test_the_transit_time_is_the_offset_from_the_frame_clock() -> None:
    """The caller sends and receives every 20 ms, with jitter."""
    providers = ProviderTime(1_003_000, 250, 350, 20, 130)

    assert transit_ms(providers, first_audio_us=1_780_000) == 3
    assert transit_ms(providers, first_audio_us=1_784_000) == -1
