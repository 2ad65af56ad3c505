"""Reads YAML together with the line of each key, so that errors can name it. No I/O, no clock."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Key = tuple[str | int, ...]
"""Path of a value: the keys of mappings and the positions in lists, from 0."""

_MAX_NODES = 20_000
"""Far more than any test file has; a file with more could be a YAML bomb."""


class YamlProblem(ValueError):
    """A text that is not YAML, or a key that occurs twice; the message names the line."""


@dataclass(frozen=True, slots=True)
class LocatedYaml:
    """A parsed file with the line of each of its keys."""

    source: str
    """Name of the file in messages."""
    data: Any
    lines: Mapping[Key, int] = field(default_factory=dict)

    def line(self, key: Key) -> int:
        """The line of a key, or of the nearest key around it that has one."""
        while key and key not in self.lines:
            key = key[:-1]
        return self.lines.get(key, 1)

    def problem(self, key: Key, text: str) -> str:
        """A message that names the file, the line and the key."""
        name = _dotted(key)
        return f"{self.source}:{self.line(key)}: {f'{name}: ' * bool(name)}{text}"


def load(text: str, source: str) -> LocatedYaml:
    """Parse a text.

    Raises:
        YamlProblem: it is not YAML, a key occurs twice, or it is unreasonably large.
    """
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return LocatedYaml(source, None)
        lines: dict[Key, int] = {}
        for count, (key, line) in enumerate(_lines(node, (), set())):
            if count > _MAX_NODES:
                raise YamlProblem(f"{source}: has more than {_MAX_NODES} values")
            if key in lines and key:
                raise YamlProblem(
                    f"{source}:{line}: {_dotted(key)}: occurs twice; the first is in line {lines[key]}"
                )
            lines[key] = line
        return LocatedYaml(source, loader.construct_document(node), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlProblem(f"{source}:{mark.line + 1 if mark else 1}: is not YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        if isinstance(error, YamlProblem):
            raise
        raise YamlProblem(f"{source}: is not YAML: {error}") from None


def suggestion(word: str, allowed: Collection[str]) -> str:
    """A hint with the allowed word that is spelled similarly; without one, a list of all."""
    similar = difflib.get_close_matches(word.lower(), allowed, 1, 0.6)
    return f"did you mean `{similar[0]}`?" if similar else f"known: {', '.join(allowed)}"


def _lines(node: yaml.Node, key: Key, visited: set[int]) -> Iterator[tuple[Key, int]]:
    if not key:
        yield key, node.start_mark.line + 1
    if id(node) in visited:
        # An alias: its values were listed where they are defined.
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            inner = (*key, str(name.value))
            yield inner, name.start_mark.line + 1
            yield from _lines(value, inner, visited)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            inner = (*key, number)
            yield inner, value.start_mark.line + 1
            yield from _lines(value, inner, visited)


def _dotted(key: Key) -> str:
    parts = (f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key)
    return "".join(parts).removeprefix(".")
