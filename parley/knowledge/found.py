"""A passage that a search has found. No I/O, no clock."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage with its source and its score."""

    base: str
    """Name of the knowledge base."""
    passage_id: str
    path: str
    """The document's path below its folder."""
    titles: tuple[str, ...]
    page: int
    """0 if the document has no pages."""
    text: str
    score: float
    """Comparable within one search only."""

    @property
    def source(self) -> str:
        """The document with the section or page, quoted to the model and in the log."""
        section = self.titles[-1] if self.titles else ""
        parts = (self.path, section, f"page {self.page}" if self.page else "")
        return ", ".join(part for part in parts if part)


def within_budget(passages: tuple[FoundPassage, ...], max_chars: int) -> tuple[FoundPassage, ...]:
    """Return the best passages whose texts fit together; always the first one."""
    chosen: list[FoundPassage] = []
    left = max_chars
    for passage in passages:
        if chosen and len(passage.text) > left:
            continue
        chosen.append(passage)
        left -= len(passage.text)
    return tuple(chosen)
