"""Words that only tell the speaker to go on. No I/O."""

_WORDS = frozenset(
    "uh huh uhhuh uh-huh mhm mm mmhm mm-hmm hmm hm right okay ok yeah yep aha ah oh sure haan i see".split()  # noqa: SIM905 - reads better
)


def is_backchannel(text: str) -> bool:
    """Whether all of the words only tell the speaker to go on; False for none."""
    words = [word.strip(".,!?…").lower() for word in text.split()]
    return bool(words) and all(word in _WORDS for word in words)
