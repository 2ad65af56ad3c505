"""Decodes server-sent events of unknown quality. No I/O.

Used instead of the SDK's decoder, which has no limit on the length of a line, raises on invalid UTF-8, and
drops an answer that is plain JSON, because the server does not stream.
"""

import json
from dataclasses import dataclass

from parley.errors import ProviderUnavailable
from services.brain.providers.streams import READER

MAX_EVENT_BYTES = 4 * 1024**2
MAX_STREAM_BYTES = 32 * 1024**2
"""Size of one answer with all keep-alives and reasoning."""
_END = "[DONE]"


@dataclass(frozen=True, slots=True)
class SseEvent:
    """The data of one event."""

    value: object
    """The decoded JSON value."""
    name: str = ""
    """The text of its `event:` line."""


class StreamEnd:
    """The event `[DONE]`."""


class SseDecoder:
    """Bytes in, events out.

    Accepts all line ends, a byte order mark, invalid UTF-8, several JSON values in the data of one event,
    and lines of JSON without `data:`. Ignores all other fields and comments.
    """

    def __init__(self) -> None:
        self._line = bytearray()
        self._data: list[str] = []
        self._name = ""
        self._plain: list[str] = []
        """Lines of a body that is JSON."""
        self._event_bytes = self._total_bytes = 0
        self._after_cr = False
        self._first_line = True

    def feed(self, chunk: bytes) -> list[SseEvent | StreamEnd]:
        """Return the events that a chunk completes.

        Raises:
            ProviderUnavailable: an event is not JSON, or exceeds a limit.
        """
        self._total_bytes += len(chunk)
        if self._total_bytes > MAX_STREAM_BYTES:
            raise ProviderUnavailable(READER, f"an answer of over {MAX_STREAM_BYTES} bytes")
        if self._after_cr and chunk:
            chunk = chunk.removeprefix(b"\n")
            self._after_cr = False
        self._after_cr = self._after_cr or chunk.endswith(b"\r")
        self._bound(len(chunk))
        *lines, rest = chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        events: list[SseEvent | StreamEnd] = []
        for line in lines:
            self._line += line
            whole, self._line = bytes(self._line), bytearray()
            events += self._on_line(whole)
        self._line += rest
        return events

    def finish(self) -> list[SseEvent | StreamEnd]:
        """Return the events that the end of the stream completes; a server may omit the last empty line."""
        events = self._on_line(bytes(self._line)) if self._line else []
        self._line.clear()
        events += self._dispatch()
        if self._plain:
            text, self._plain = "\n".join(self._plain), []
            events += [SseEvent(value) for value in _values([text])]
        return events

    def _bound(self, size: int) -> None:
        self._event_bytes += size
        if self._event_bytes > MAX_EVENT_BYTES:
            raise ProviderUnavailable(READER, f"an event of over {MAX_EVENT_BYTES} bytes")

    def _on_line(self, raw: bytes) -> list[SseEvent | StreamEnd]:
        if self._first_line:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
            self._first_line = False
        line = raw.decode("utf-8", "replace")
        if not line:
            return self._dispatch()
        if not self._data and line.strip().startswith(_END):
            return [StreamEnd()]
        if self._plain or (line[0] in "{[" and not self._data):
            return self._on_plain_line(line)
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            # A proxy may wrap the events of another one.
            self._data.append(value.removeprefix("data:").removeprefix(" "))
        elif name == "event":
            self._name = value
        elif not self._data:
            # Keep-alive comments need no empty line after them.
            self._event_bytes = 0
        return []

    def _on_plain_line(self, line: str) -> list[SseEvent | StreamEnd]:
        if not self._plain:
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                pass
            else:
                self._event_bytes = 0
                return [SseEvent(value)]
        self._plain.append(line)
        return []

    def _dispatch(self) -> list[SseEvent | StreamEnd]:
        if not self._plain:
            self._event_bytes = 0
        lines, self._data = self._data, []
        name, self._name = self._name.strip(), ""
        found: list[SseEvent | StreamEnd] = []
        if lines and lines[-1].strip().startswith(_END):
            found = [StreamEnd()]
            lines.pop()
        return [*(SseEvent(value, name) for value in _values(lines)), *found]


def _values(lines: list[str]) -> list[object]:
    """The JSON value of an event's data; several, if the server omits the empty lines between events."""
    text = "\n".join(lines)
    if not text.strip():
        return []
    try:
        return [json.loads(text)]
    except RecursionError:
        raise ProviderUnavailable(READER, "JSON that is nested too deeply") from None
    except ValueError as error:
        if len(lines) < 2:
            raise ProviderUnavailable(READER, f"invalid JSON: {type(error).__name__}") from None
    return [value for line in lines for value in _values([line])]
