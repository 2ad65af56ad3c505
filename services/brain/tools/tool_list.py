"""A sequence of tools that are computed whenever they are read."""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import overload

from services.brain.tools import Tool


class ToolList(Sequence[Tool]):
    """A list of tools that may change during a call."""

    @abstractmethod
    def present(self) -> tuple[Tool, ...]:
        """Return the tools at present, in order."""

    def __len__(self) -> int:
        return len(self.present())

    @overload
    def __getitem__(self, index: int) -> Tool: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Tool]: ...
    def __getitem__(self, index: int | slice) -> Tool | Sequence[Tool]:
        return self.present()[index]

    def __iter__(self) -> Iterator[Tool]:
        return iter(self.present())
