"""How events become bytes and writes, with the quirks of real servers and networks. No I/O, no clock."""

import json
from collections.abc import Collection, Mapping
from typing import Any

DONE = "[DONE]"


class EventEncoder:
    """Encodes the events of one stream."""

    def __init__(self, quirks: Collection[str], comment: str = "") -> None:
        self._quirks = quirks
        self._comment = comment or ("keep-alive" if "keep_alive" in quirks else "")
        self._count = 0
        self._buffer = b""

    def event(self, payload: Mapping[str, Any] | str, name: str = "") -> list[bytes]:
        """The writes of an event: an object, or the text `[DONE]`."""
        self._count += 1
        text = (
            payload
            if isinstance(payload, str)
            else _json(payload, ascii_only="escaped_unicode" in self._quirks)
        )
        lines = [f"data:{'' if 'no_space' in self._quirks else ' '}{part}" for part in self._data_lines(text)]
        if name:
            lines.insert(0, f"event: {name}")
        if "event_lines" in self._quirks:
            lines = [*([] if name else ["event: message"]), f"id: {self._count}", "retry: 3000", *lines]
        block = "\n".join(lines) + "\n\n"
        if self._comment and self._count % 4 == 1:
            block = f": {self._comment}\n\n{block}"
        return self.raw(block.encode("utf-8", "replace"))

    def raw(self, content: bytes) -> list[bytes]:
        """The writes of bytes that are already an event."""
        if "crlf" in self._quirks:
            content = content.replace(b"\n", b"\r\n")
        if "one_byte_writes" in self._quirks:
            return [content[at : at + 1] for at in range(len(content))]
        if "split_utf8" in self._quirks:
            return [part for part in _split(content) if part]
        if "joined_writes" in self._quirks:
            self._buffer += content
            if self._count % 5:
                return []
            content, self._buffer = self._buffer, b""
        return [content]

    def end(self) -> list[bytes]:
        """The writes at the end of the stream: what is left, and `[DONE]`."""
        done = [] if "no_done" in self._quirks else self.event(DONE)
        return [*done, *self.flush()]

    def flush(self) -> list[bytes]:
        """The writes of what is left when the stream ends early."""
        buffered, self._buffer = self._buffer, b""
        return [buffered] if buffered else []

    def _data_lines(self, text: str) -> list[str]:
        if "multiline_data" not in self._quirks or text == DONE:
            return [text]
        # A line break is allowed between the tokens of JSON: after the first brace and before the last.
        return [text[0], text[1:-1], text[-1]]


def _json(payload: Mapping[str, Any], *, ascii_only: bool) -> str:
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=ascii_only)


def _split(content: bytes) -> tuple[bytes, bytes]:
    """Two parts; the first ends within a character, if there is one of several bytes."""
    inner = next(
        (at for at, byte in enumerate(content) if byte & 0b1100_0000 == 0b1000_0000), len(content) // 2
    )
    return content[:inner], content[inner:]
