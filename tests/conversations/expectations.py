"""Expectations of a case: each function returns the mismatch, or an empty text. No I/O, no clock."""

from collections.abc import Callable, Mapping
from typing import Any

from cli.wer import normalize
from tests.conversations.outcome import Outcome

Check = Callable[[Outcome, Any], str]


def _turns(outcome: Outcome, wanted: Any) -> str:
    got = [" ".join(normalize(text)) for text in outcome.turns]
    expected = [" ".join(normalize(text)) for text in wanted]
    return "" if got == expected else f"the caller's turns were {got}"


def _agent_texts(outcome: Outcome, wanted: Any) -> str:
    """The texts must occur in this order; other replies may be between them."""
    texts = [reply.text.strip() for reply in outcome.replies]
    remaining = iter(texts)
    for text in wanted:
        if not any(text in reply for reply in remaining):
            return f"no reply contains {text!r} in this position; the replies were {texts}"
    return ""


def _no_agent_texts(outcome: Outcome, unwanted: Any) -> str:
    texts = [reply.text for reply in outcome.replies]
    found = [text for text in unwanted if any(text in reply for reply in texts)]
    return f"replies contain {found}" if found else ""


def _played(outcome: Outcome, wanted: Any) -> str:
    missing = [text for text in wanted if "".join(text.split()) not in "".join(outcome.played_text.split())]
    return f"not played: {missing}; played: {outcome.played_text!r}" if missing else ""


def _not_played(outcome: Outcome, unwanted: Any) -> str:
    found = [text for text in unwanted if "".join(text.split()) in "".join(outcome.played_text.split())]
    return f"played: {found}, in {outcome.played_text!r}" if found else ""


def _count(name: str, of: Callable[[Outcome], int]) -> Check:
    def check(outcome: Outcome, wanted: Any) -> str:
        got = of(outcome)
        number = int(str(wanted).removeprefix("at least "))
        fits = got >= number if str(wanted).startswith("at least ") else got == number
        return "" if fits else f"{name}: {got}, not {wanted}"

    return check


def _equals(name: str, of: Callable[[Outcome], Any]) -> Check:
    def check(outcome: Outcome, wanted: Any) -> str:
        got = of(outcome)
        return "" if got == wanted else f"{name}: {got!r}, not {wanted!r}"

    return check


def _silent_within(outcome: Outcome, limit_ms: Any) -> str:
    late = [ms for ms in outcome.silence_delays_ms if ms > limit_ms]
    return f"the agent was silent only {late} ms after the interruption" if late else ""


def _first_audio(outcome: Outcome, limit_ms: Any) -> str:
    got = outcome.first_audio_ms
    return "" if got <= limit_ms else f"the first audio was played after {got} ms"


def _history(outcome: Outcome, wanted: Any) -> str:
    return outcome.history_mismatch() if wanted else ""


EXPECTATIONS: Mapping[str, Check] = {
    "the caller's turns": _turns,
    "the agent says": _agent_texts,
    "the agent never says": _no_agent_texts,
    "the caller hears": _played,
    "the caller never hears": _not_played,
    "interruptions": _count("interruptions", lambda outcome: outcome.interruptions),
    "resumed": _count("resumed", lambda outcome: outcome.resumed),
    "replies": _count("replies", lambda outcome: len(outcome.replies)),
    "fillers": _count("fillers", lambda outcome: len(outcome.fillers)),
    "fillers are": _equals("fillers", lambda outcome: outcome.fillers),
    "dtmf inputs": _equals("dtmf inputs", lambda outcome: outcome.dtmf_inputs),
    "failures": _count("failures", lambda outcome: len(outcome.failures)),
    "ended by": _equals("ended by", lambda outcome: outcome.ended_by),
    "silent within ms": _silent_within,
    "first audio within ms": _first_audio,
    "the history matches the audio": _history,
}


def problems(outcome: Outcome, expect: Mapping[str, Any]) -> list[str]:
    """Return every mismatch between a conversation and its expectations."""
    unknown = sorted(set(expect) - set(EXPECTATIONS))
    if unknown:
        return [f"unknown expectation {unknown[0]!r} (known: {', '.join(EXPECTATIONS)})"]
    return [problem for key, wanted in expect.items() if (problem := EXPECTATIONS[key](outcome, wanted))]
