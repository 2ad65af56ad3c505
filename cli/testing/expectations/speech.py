"""Expectations of the words of both sides. No I/O, no clock."""

from typing import Any

from cli.testing.expectations.values import Check, patterns, texts, texts_or_none
from cli.testing.outcome import Outcome
from cli.wer import normalize


def caller_turns(value: Any) -> Check:
    """Exactly these turns of the caller were transcribed; punctuation and case are ignored."""
    expected = [" ".join(normalize(text)) for text in texts_or_none(value)]

    def check(outcome: Outcome) -> str:
        got = [" ".join(normalize(text)) for text in outcome.turns]
        return "" if got == expected else f"expected the caller's turns {expected}, got {got}"

    return check


def agent_texts(value: Any) -> Check:
    """Replies contain these texts, in this order; other replies may be between them."""
    wanted = texts(value)

    def check(outcome: Outcome) -> str:
        replies = _replies(outcome)
        remaining = iter(replies)
        for text in wanted:
            if not any(_folded(text) in _folded(reply) for reply in remaining):
                return f"no reply contains {text!r} in this position; the replies were {replies}"
        return ""

    return check


def no_agent_texts(value: Any) -> Check:
    """No reply contains any of these texts."""
    unwanted = texts(value)

    def check(outcome: Outcome) -> str:
        for reply in _replies(outcome):
            if found := [text for text in unwanted if _folded(text) in _folded(reply)]:
                return f"a reply contains {found[0]!r}: {reply!r}"
        return ""

    return check


def agent_patterns(value: Any) -> Check:
    """Replies match these patterns, in this order; other replies may be between them."""
    wanted = patterns(value)

    def check(outcome: Outcome) -> str:
        replies = _replies(outcome)
        remaining = iter(replies)
        for pattern in wanted:
            if not any(pattern.search(reply) for reply in remaining):
                return f"no reply matches {pattern.pattern!r} in this position; the replies were {replies}"
        return ""

    return check


def no_agent_patterns(value: Any) -> Check:
    """No reply matches any of these patterns."""
    unwanted = patterns(value)

    def check(outcome: Outcome) -> str:
        for reply in _replies(outcome):
            if found := [pattern.pattern for pattern in unwanted if pattern.search(reply)]:
                return f"a reply matches {found[0]!r}: {reply!r}"
        return ""

    return check


def played(value: Any) -> Check:
    """The audio that was played to the caller contains these words."""
    wanted = texts(value)

    def check(outcome: Outcome) -> str:
        audio = _without_spaces(outcome.played_text)
        missing = [text for text in wanted if _without_spaces(text) not in audio]
        return f"not played: {missing}; played: {outcome.played_text!r}" if missing else ""

    return check


def not_played(value: Any) -> Check:
    """The audio that was played to the caller contains none of these words."""
    unwanted = texts(value)

    def check(outcome: Outcome) -> str:
        audio = _without_spaces(outcome.played_text)
        found = [text for text in unwanted if _without_spaces(text) in audio]
        return f"played: {found}, in {outcome.played_text!r}" if found else ""

    return check


def history_matches(value: Any) -> Check:
    """The history of an interrupted reply has only words that were played."""
    if value is not True:
        raise ValueError(f"must be true, not {value!r}")
    return Outcome.history_mismatch


def _replies(outcome: Outcome) -> list[str]:
    return [reply.text.strip() for reply in outcome.replies]


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _without_spaces(text: str) -> str:
    return "".join(text.split())
