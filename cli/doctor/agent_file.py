"""Finds the lines of an agent file that findings refer to."""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class AgentFile:
    """An agent file with the positions of its keys."""

    path: Path
    root: yaml.Node | None

    def place(self, *keys: str | int) -> str:
        """The place of a key, as in `agents/clinic.yaml line 9 (llm.model)`; or where to add it."""
        dotted = ".".join(map(str, keys))
        line = _line(self.root, keys)
        return f"{self.path} line {line} ({dotted})" if line else f"{dotted} in {self.path}"

    def first_place(self, *alternatives: tuple[str | int, ...]) -> str:
        """The place of the first of several keys in the file; where to add the last one if all are absent."""
        found = (keys for keys in alternatives if _line(self.root, keys))
        return self.place(*next(found, alternatives[-1]))


def read_agent_file(folder: str, name: str) -> AgentFile:
    """Read the positions; none if the file cannot be read."""
    path = Path(folder) / f"{name}.yaml"
    try:
        return AgentFile(path, yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return AgentFile(path, None)


def _line(node: yaml.Node | None, keys: tuple[str | int, ...]) -> int:
    line = 0
    for key in keys:
        match node, key:
            case yaml.MappingNode(value=pairs), str():
                found = next((pair for pair in pairs if pair[0].value == key), None)
                if found is None:
                    return 0
                line, node = found[0].start_mark.line + 1, found[1]
            case yaml.SequenceNode(value=items), int() if key < len(items):
                node = items[key]
                line = node.start_mark.line + 1
            case _:
                return 0
    return line
