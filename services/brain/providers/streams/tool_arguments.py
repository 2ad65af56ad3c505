"""Reads tool arguments that arrived in fragments. No I/O."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from parley.providers.untrusted import clean_json

_DECODER = json.JSONDecoder(parse_constant=lambda _: None)


def arguments_text(value: object) -> str:
    """Return a fragment of arguments as text; servers also send objects and null."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool | int | float):
        return ""
    return json.dumps(clean_json(value), ensure_ascii=False)


def is_complete(text: str) -> bool:
    """Whether the text is a complete JSON object or array, or several."""
    values = _values(text) or []
    return bool(values) and all(isinstance(value, dict | list) for value in values)


def join_fragments(fragments: Sequence[str]) -> str:
    """Return the arguments of one call; some servers repeat all of them, or all so far, in a fragment."""
    joined = "".join(fragments)
    if _values(joined) is not None or not fragments:
        return joined
    last = fragments[-1]
    return last if len(fragments) > 1 and is_complete(last) else joined


def split_calls(fragments: Sequence[str]) -> list[str]:
    """Return the arguments of each call that the fragments contain: usually one.

    Arguments without any value are `{}`. Several complete values are several calls that the server did not
    tell apart; equal ones are a repetition, and an empty one before others is a placeholder. Text that is
    not JSON is returned unchanged.
    """
    joined = join_fragments(fragments)
    values = _values(joined)
    if values is None:
        return [joined]
    distinct = list(_distinct(_objects(values)))
    if len(distinct) > 1:
        distinct = [value for value in distinct if value] or [{}]
    if not distinct:
        return ["{}"]
    if len(values) == 1 and distinct[0] is values[0]:
        # As the model wrote it. If it has NaN or half a surrogate pair, the brain refuses the call: with
        # another value in their place, the tool would do something that the model did not request.
        return [joined.strip()]
    return [_dump(value) for value in distinct]


def _objects(values: Sequence[Any]) -> Iterator[Any]:
    for value in values:
        if isinstance(value, str):
            # Encoded twice.
            inner = _values(value)
            yield from [value] if inner is None else _objects(inner)
        elif value is not None:
            yield value


def _distinct(values: Iterator[Any]) -> Iterator[Any]:
    seen: set[str] = set()
    for value in values:
        key = _dump(value, sort_keys=True)
        if key not in seen:
            seen.add(key)
            yield value


def _dump(value: Any, *, sort_keys: bool = False) -> str:
    return json.dumps(clean_json(value), sort_keys=sort_keys, ensure_ascii=False)


def _values(text: str) -> list[Any] | None:
    """The JSON values in a text, one after the other; None if it contains anything else."""
    values: list[Any] = []
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position == len(text):
            return values
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        values.append(value)
