"""The text of one streamed answer: each piece once, without reasoning, in encodable form. No I/O."""

from collections.abc import Collection

from parley.errors import ProviderUnavailable
from parley.providers.llm import TextDelta, ToolCallRequest
from parley.providers.untrusted import clean_text
from services.brain.providers.streams import READER
from services.brain.providers.streams.think_filter import ThinkFilter
from services.brain.providers.streams.tool_text import ToolTextFilter

MAX_TEXT_CHARS = 100_000
"""Two hours of speech."""
_MIN_PREFIX_CHARS = 8
"""A piece that begins with a first piece of this length repeats it."""


class AnswerText:
    """Converts pieces of text, some of which may repeat the whole text so far, to text deltas."""

    def __init__(self, tool_names: Collection[str] = (), *, thinks_first: bool = False) -> None:
        """Create it; `tool_names` are the tools whose calls may be written as text."""
        self._filter = ThinkFilter(thinks_first=thinks_first)
        self._tool_text = ToolTextFilter(tool_names)
        self._cumulative = CumulativePieces()
        self._high_surrogate = ""
        self.raw = ""
        """All text received, with reasoning and without repetitions."""
        self.written_calls: list[ToolCallRequest] = []
        """After the end: tool calls that the model wrote as text."""

    @property
    def closed_without_opening(self) -> bool:
        """Whether reasoning ended that had no beginning: the model's template opens it in the prompt."""
        return self._filter.closed_without_opening

    @property
    def in_tool_call(self) -> bool:
        """Whether the text has reached something that may be a tool call, and is buffered until the end."""
        return self._tool_text.buffers_text

    def push(self, piece: str) -> list[TextDelta]:
        """Add a piece of the stream.

        Raises:
            ProviderUnavailable: the answer is longer than any spoken one.
        """
        return self._add(self._cumulative.push(piece))

    def push_whole(self, text: str) -> list[TextDelta]:
        """Add the whole text of the answer: only what the pieces did not contain is new."""
        pending = self._add(self._cumulative.finish())
        if not text.startswith(self.raw):
            return pending
        return [*pending, *self._add(text[len(self.raw) :])]

    def reasoning_is_separate(self) -> list[TextDelta]:
        """The server sends reasoning in its own field, so none is expected in the text."""
        return self._spoken(self._filter.release())

    def finish(self) -> list[TextDelta]:
        """Return the rest at the end of the answer."""
        found = [*self._add(self._cumulative.finish()), *self._spoken(self._filter.finish())]
        rest, self.written_calls = self._tool_text.finish()
        return [*found, *_deltas(rest)]

    def _add(self, text: str) -> list[TextDelta]:
        if not text:
            return []
        self.raw += text
        if len(self.raw) > MAX_TEXT_CHARS:
            raise ProviderUnavailable(READER, f"an answer of more than {MAX_TEXT_CHARS} characters")
        text = self._high_surrogate + text
        # The halves of a surrogate pair may arrive in two pieces.
        cut = len(text) - ("\ud800" <= text[-1] <= "\udbff")
        text, self._high_surrogate = text[:cut], text[cut:]
        return self._spoken(self._filter.push(clean_text(text)))

    def _spoken(self, text: str) -> list[TextDelta]:
        return _deltas(self._tool_text.push(text))


class CumulativePieces:
    """Recognizes streams whose pieces each repeat the whole text so far, and returns what is new.

    Decided by the first pieces: in such a stream the third begins with the second, which begins with the
    first. The second is withheld only if it begins with the first.
    """

    def __init__(self) -> None:
        self._first = self._second = self._text = ""
        self._is_cumulative: bool | None = None

    def push(self, piece: str) -> str:
        """Return the new text of a piece."""
        if not piece or self._is_cumulative is False:
            return piece
        if self._is_cumulative:
            return self._new_part(piece)
        if not self._first:
            self._first = piece
            return piece
        if not self._second:
            if _extends(piece, self._first):
                self._second = piece
                return ""
            self._is_cumulative = False
            return piece
        second, self._second = self._second, ""
        self._is_cumulative = piece.startswith(second)
        if not self._is_cumulative:
            return second + piece
        self._text = self._first
        return self._new_part(piece)

    def finish(self) -> str:
        """Return the text that is still withheld."""
        second, self._second = self._second, ""
        long_enough = len(self._first) >= _MIN_PREFIX_CHARS
        return second[len(self._first) :] if long_enough else second

    def _new_part(self, piece: str) -> str:
        if not piece.startswith(self._text):
            self._is_cumulative = False
            return piece
        new, self._text = piece[len(self._text) :], piece
        return new


def _extends(piece: str, first: str) -> bool:
    # Digits and marks repeat in ordinary text: "1", "10".
    return len(piece) > len(first) and piece.startswith(first) and any(map(str.isalpha, first))


def _deltas(text: str) -> list[TextDelta]:
    return [TextDelta(text)] if text else []
