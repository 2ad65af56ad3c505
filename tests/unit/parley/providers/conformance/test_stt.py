"""The checks of speech-to-text providers detect those that violate the protocol."""

import pytest

from parley.providers.conformance import STT_CHECKS, run_check
from parley.providers.facts import ModelFacts, ProviderFacts
from parley.providers.stt import FinalTranscript, ProviderTurn, SttEvent, Word
from tests.unit.parley.providers.conformance.doubles import stt_case

CHECKS = {check.name: check for check in STT_CHECKS}
SPOKEN = (Word("hello", 65_100, 65_900, 1.0),)
UNTIMED = ProviderFacts("Test", models=(ModelFacts("m"),))


def final(*words: Word, end_ms: int = 66_000) -> FinalTranscript:
    return FinalTranscript("Hello!", words, end_ms, speech_final=True)


@pytest.mark.parametrize(
    "check", ["transcript", "long messages", "finalize", "times", "end of turn", "close in speech"]
)
async def test_a_good_provider_passes(check: str) -> None:
    """Each check alone."""
    result = await run_check(CHECKS[check], stt_case(final(*SPOKEN)))
    assert (result.outcome, result.reason) == ("passed", "")


@pytest.mark.parametrize(
    ("check", "event", "reason"),
    [
        ("transcript", FinalTranscript("goodbye", (), 0), "lost"),
        ("silence", final(), "words in silence"),
        ("times", final(*SPOKEN, end_ms=900_000), "after the audio sent"),
        ("times", final(*SPOKEN, end_ms=1000), "before the speech"),
        ("times", final(), "no words with times"),
        ("times", final(Word("hello", 100, 900, 1.0)), "too early"),
        ("times", final(Word("hello", 65_900, 65_100, 1.0)), "ends before"),
        ("end of turn", FinalTranscript("hello", (), 500), "lost"),
        ("end of turn", ProviderTurn("hello", (), 500, "end", "1"), "do not match"),
    ],
)
async def test_a_wrong_transcript_is_found(check: str, event: SttEvent, reason: str) -> None:
    """With the reason."""
    result = await run_check(CHECKS[check], stt_case(event))
    assert result.outcome == "failed"
    assert reason in result.reason


async def test_facts_decide_what_is_due() -> None:
    """Neither times of words nor events, if the facts declare none."""
    result = await run_check(CHECKS["times"], stt_case(final(), facts=UNTIMED))
    assert result.outcome == "passed"
    result = await run_check(CHECKS["times"], stt_case(final(*SPOKEN), facts=UNTIMED))
    assert "do not declare" in result.reason
    result = await run_check(CHECKS["end of turn"], stt_case(final(), facts=UNTIMED))
    assert result.outcome == "not applicable"


async def test_a_provider_that_detects_turns_sends_turns() -> None:
    """And no others do."""
    turn = ProviderTurn("hello", (), 500, "end", "1")
    result = await run_check(CHECKS["end of turn"], stt_case(turn, turns=True))
    assert (result.outcome, result.reason) == ("passed", "")
