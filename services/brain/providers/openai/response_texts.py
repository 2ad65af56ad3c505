"""Finds the new text of a response, whose texts are each sent several times. No I/O."""

from dataclasses import dataclass


@dataclass(slots=True)
class _Part:
    text: str = ""
    whole: bool = False
    """Whether the server has sent the whole text of the part."""


class ResponseTexts:
    """The text parts of one response by the position of their item and within it."""

    def __init__(self) -> None:
        self._parts: dict[tuple[int | str, int], _Part] = {}
        self._text = ""

    def delta(self, key: tuple[int | str, int], text: str) -> str:
        """Add a piece of a part; return what is new."""
        part = self._parts.setdefault(key, _Part())
        return "" if part.whole else self._add(part, text)

    def whole(self, key: tuple[int | str, int], text: str) -> str:
        """Record the whole text of a part; return what is new."""
        if not text:
            return ""
        part = self._parts.get(key) or self._same_part(key, text)
        if part is None:
            part = self._parts.setdefault(key, _Part())
        part.whole = True
        return self._add(part, text[len(part.text) :]) if text.startswith(part.text) else ""

    def rest(self, text: str) -> str:
        """Record the text of the whole response; return what is new."""
        new = text[len(self._text) :] if text.startswith(self._text) else ""
        self._text += new
        return new

    def _add(self, part: _Part, text: str) -> str:
        part.text += text
        self._text += text
        return text

    def _same_part(self, key: tuple[int | str, int], text: str) -> _Part | None:
        """A part under another key whose text this is: some servers send deltas under other ids."""
        for other, part in self._parts.items():
            same_kind = isinstance(other[0], int) and isinstance(key[0], int)
            unfinished = not part.whole and part.text and text.startswith(part.text)
            if not same_kind and (part.text == text or unfinished):
                return part
        return None
