"""What a case may expect, one function each; every one gives what is wrong, or nothing. No I/O, no clock."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.caller.voice_bank import normalise
from tests.conversations.story import Story

Check = Callable[[Story, Any], str]


def _turns(story: Story, wanted: Any) -> str:
    got = [normalise(text) for text in story.turns]
    return "" if got == [normalise(text) for text in wanted] else f"the caller's turns were {got}"


def _says(story: Story, wanted: Any) -> str:
    """In this order, other replies between them."""
    said = [reply.text.strip() for reply in story.replies]
    left = iter(said)
    for text in wanted:
        if not any(text in reply for reply in left):
            return f"the agent did not say {text!r} in its turn; it said {said}"
    return ""


def _never_says(story: Story, unwanted: Any) -> str:
    said = [reply.text for reply in story.replies]
    found = [text for text in unwanted if any(text in reply for reply in said)]
    return f"the agent said {found}" if found else ""


def _hears(story: Story, wanted: Any) -> str:
    missing = [text for text in wanted if "".join(text.split()) not in "".join(story.heard.split())]
    return f"the caller did not hear {missing}, but {story.heard!r}" if missing else ""


def _never_hears(story: Story, unwanted: Any) -> str:
    found = [text for text in unwanted if "".join(text.split()) in "".join(story.heard.split())]
    return f"the caller heard {found}: {story.heard!r}" if found else ""


def _count(what: str, of: Callable[[Story], int]) -> Check:
    def check(story: Story, wanted: Any) -> str:
        got = of(story)
        least = str(wanted).removeprefix("at least ")
        fits = got >= int(least) if str(wanted).startswith("at least ") else got == int(least)
        return "" if fits else f"{what}: {got}, not {wanted}"

    return check


def _equals(what: str, of: Callable[[Story], Any]) -> Check:
    def check(story: Story, wanted: Any) -> str:
        got = of(story)
        return "" if got == wanted else f"{what}: {got!r}, not {wanted!r}"

    return check


def _silent_within(story: Story, limit_ms: Any) -> str:
    late = [ms for ms in story.silent_after_ms if ms > limit_ms]
    return f"the agent was silent only after {late} ms" if late else ""


def _first_sound(story: Story, limit_ms: Any) -> str:
    got = story.first_sound_ms
    return "" if got <= limit_ms else f"the first sound came after {got} ms"


def _history(story: Story, wanted: Any) -> str:
    return story.history_differs() if wanted else ""


EXPECTATIONS: Mapping[str, Check] = {
    "the caller's turns": _turns,
    "the agent says": _says,
    "the agent never says": _never_says,
    "the caller hears": _hears,
    "the caller never hears": _never_hears,
    "interruptions": _count("interruptions", lambda story: story.interruptions),
    "resumed": _count("resumed", lambda story: story.resumed),
    "replies": _count("replies", lambda story: len(story.replies)),
    "fillers": _count("fillers", lambda story: len(story.fillers)),
    "fillers are": _equals("fillers", lambda story: story.fillers),
    "keys entered": _equals("keys", lambda story: story.keys),
    "failures": _count("failures told", lambda story: len(story.failures)),
    "ended by": _equals("ended by", lambda story: story.ended_by),
    "silent within ms": _silent_within,
    "first sound within ms": _first_sound,
    "the history is what was heard": _history,
}


def problems(story: Story, expect: Mapping[str, Any]) -> list[str]:
    """All that is not as expected."""
    unknown = sorted(set(expect) - set(EXPECTATIONS))
    if unknown:
        return [f"unknown expectation {unknown[0]!r} (known: {', '.join(EXPECTATIONS)})"]
    return [wrong for key, wanted in expect.items() if (wrong := EXPECTATIONS[key](story, wanted))]
