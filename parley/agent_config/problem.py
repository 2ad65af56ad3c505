"""A mistake in an agent file, and the error that lists all mistakes of a file."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from parley.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Problem:
    """A mistake: where it is, what is wrong, and what to write instead."""

    line: int
    """From 1; 0 if it belongs to no line."""
    key: str
    """Dotted, such as `tts.voice`; empty for the file as a whole."""
    reason: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key}: {self.reason}" if self.key else f"{where}{self.reason}"


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the end of a message that suggests the name most like a word; empty if none is alike."""
    close = difflib.get_close_matches(word, list(names), 1)
    return f"; did you mean {close[0]}?" if close else ""


class AgentFileError(ConfigError):
    """An agent file cannot be used; `problems` lists all mistakes in it."""

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        super().__init__(f"{source}: {'; '.join(map(str, problems))}")
        self.source = source
        self.problems = tuple(problems)
