"""All fuzzed readers."""

from collections.abc import Callable

from tests.fuzz import targets
from tests.fuzz.speech_targets import SPEECH_TARGETS

TARGETS: dict[str, Callable[[bytes], None]] = {**targets.TARGETS, **SPEECH_TARGETS}


def corpus(name: str) -> list[bytes]:
    """Inputs to begin with."""
    return targets.corpus(name)
