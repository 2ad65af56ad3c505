"""Backchannels: words such as "uh-huh" that only signal the speaker to continue. No I/O."""

_WORDS = frozenset(
    "uh huh uhhuh uh-huh mhm mm mmhm mm-hmm hmm hm right okay ok yeah yep aha ah oh sure haan i see".split()  # noqa: SIM905 - reads better
)


def is_backchannel(text: str) -> bool:
    """Whether every word of the text is a backchannel; False for an empty text."""
    words = [word.strip(".,!?…").lower() for word in text.split()]
    return bool(words) and all(word in _WORDS for word in words)
