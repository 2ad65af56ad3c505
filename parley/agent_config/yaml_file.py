"""Reads YAML with the line of each key, and finds the mistakes that PyYAML lets pass. No I/O."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from parley.agent_config.problem import Problem

Path: TypeAlias = tuple[str | int, ...]

_NAMED_KEY = re.compile(r"([A-Za-z_][\w-]*(?:\.[\w-]+)*): ")
"""A key at the beginning of a message, such as `tts.voice: `."""
_MAX_NODES = 20_000
"""Keys and values, with aliases expanded; a short file with nested aliases may have billions."""


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The content of a file, and the line of each key and list entry."""

    data: Any = None
    lines: Mapping[Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    """Without any, `data` is the content."""

    def line_of(self, path: Path) -> int:
        """Return the line of a key, or of the nearest section that contains it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, reason: str, section: Path = (), key: str = "") -> Problem:
        """Return a mistake in a section; if the reason begins with a key of it, at the line of that key."""
        if named := _NAMED_KEY.match(reason):
            parts = (int(part) if part.isdecimal() else part for part in named[1].split("."))
            path = (*section, *parts)
            if path[: len(section) + 1] in self.lines:
                return Problem(self.line_of(path), _dotted(path), reason[named.end() :])
        return Problem(self.line_of(section), key or _dotted(section), reason)

    def name_of(self, section: Path, key: object) -> str:
        """Return the spelling of a key in the file: YAML reads `no` as false."""
        names = (str(path[-1]) for path in self.lines if path and path[:-1] == section)
        return next((name for name in names if yaml.safe_load(name) == key), str(key))


def read_yaml(text: str) -> YamlFile:
    """Parse a text."""
    loader = None
    try:
        loader = yaml.SafeLoader(text)
        node = loader.get_single_node()
        if node is None:
            return YamlFile(problems=(Problem(1, "", "the file is empty; write at least `prompt: …`"),))
        if _size(node, {}, set()) > _MAX_NODES:
            return YamlFile(problems=(Problem(1, "", f"more than {_MAX_NODES} keys and values"),))
        lines: dict[Path, int] = {(): 1}
        problems = tuple(_walk(node, (), lines, set()))
        data = loader.construct_document(node)
    except yaml.MarkedYAMLError as error:
        return YamlFile(problems=(_of_yaml(error),))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"the character {chr(error.character)!r} is not allowed; remove it"
        return YamlFile(problems=(Problem(line, "", reason),))
    except RecursionError:
        return YamlFile(problems=(Problem(1, "", "not valid YAML: nested too deeply"),))
    except (ValueError, yaml.YAMLError) as error:
        return YamlFile(problems=(Problem(1, "", f"not valid YAML: {str(error)[:200]}"),))
    finally:
        if loader is not None:
            loader.dispose()
    if not isinstance(data, dict):
        reason = "the file must contain keys such as `prompt` and `greeting`"
        return YamlFile(problems=(Problem(1, "", reason),))
    return YamlFile(data, lines, problems)


def _size(node: Node, sizes: dict[int, int], open_nodes: set[int]) -> int:
    """Number of nodes with aliases expanded; an alias of a node within itself counts as too many."""
    if id(node) in open_nodes:
        return _MAX_NODES + 1
    if id(node) not in sizes:
        open_nodes.add(id(node))
        sizes[id(node)] = 1 + sum(_size(child, sizes, open_nodes) for child in _children(node))
        open_nodes.discard(id(node))
    return sizes[id(node)]


def _children(node: Node) -> Iterator[Node]:
    match node:
        case MappingNode(value=pairs):
            for key, value in pairs:
                yield key
                yield value
        case SequenceNode(value=entries):
            yield from entries
        case _:
            pass


def _walk(node: Node, path: Path, lines: dict[Path, int], visited: set[int]) -> Iterator[Problem]:
    if id(node) in visited:
        return
    visited.add(id(node))
    match node:
        case MappingNode(value=pairs):
            seen: dict[str, int] = {}
            for key, value in pairs:
                line = key.start_mark.line + 1
                name = _name(key)
                if not isinstance(key, ScalarNode):
                    yield Problem(line, _dotted(path), "a key must be a word")
                    continue
                if name in seen and name != "<<":
                    first = f"it is also in line {seen[name]}; remove one of the two"
                    yield Problem(line, _dotted((*path, name)), f"duplicate key: {first}")
                seen.setdefault(name, line)
                lines.setdefault((*path, name), line)
                yield from _walk(value, (*path, name), lines, visited)
        case SequenceNode(value=entries):
            for number, entry in enumerate(entries):
                lines[(*path, number)] = entry.start_mark.line + 1
                yield from _walk(entry, (*path, number), lines, visited)
        case _:
            pass


def _name(key: Node) -> str:
    return str(key.value) if isinstance(key, ScalarNode) else ""


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))


def _of_yaml(error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + 1 if mark is not None else 1
    reason = " ".join(part for part in (error.context, error.problem) if part)
    if "'\\t'" in reason:
        return Problem(line, "", "a tab; YAML is indented with spaces: replace each tab by spaces")
    if "mapping values are not allowed" in reason:
        reason += ": put a text with a colon in quotes, or check the indentation"
    if "could not determine a constructor" in reason:
        reason = f"{reason}: remove the tag, which begins with an exclamation mark"
    return Problem(line, "", f"not valid YAML: {reason}")
