"""Reads agent files."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from parley.agent_config.agent import AgentConfig
from parley.errors import ConfigError

_MAX_NAME_CHARS = 100
_MAX_FILE_BYTES = 256 * 1024
"""More than any prompt; a larger file is not an agent file, and would not fit into a message of NATS."""


def load_agent_config(folder: str | Path, name: str) -> AgentConfig:
    """Read `<folder>/<name>.yaml`.

    Raises:
        ConfigError: no such file, not YAML, or a wrong value; the text names file, key and reason.
    """
    return parse_agent(read_agent_text(folder, name), name, str(Path(folder) / f"{name}.yaml"))


def read_agent_text(folder: str | Path, name: str) -> str:
    """Return the text of `<folder>/<name>.yaml`.

    Raises:
        ConfigError: there is no such file, or it cannot be read.
    """
    path = Path(folder) / f"{name}.yaml"
    if not name or Path(name).name != name or len(name) > _MAX_NAME_CHARS or not name.isprintable():
        raise ConfigError(f"{name[:_MAX_NAME_CHARS]!r} is not the name of an agent file")
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_FILE_BYTES + 1)
        if len(content) > _MAX_FILE_BYTES:
            raise ConfigError(f"{path}: larger than {_MAX_FILE_BYTES // 1024} KiB")
        return content.decode("utf-8")
    except FileNotFoundError:
        existing = ", ".join(sorted(p.stem for p in Path(folder).glob("*.yaml"))) or "no agent files"
        raise ConfigError(
            f"{path}: no such agent file; {folder} (PARLEY_AGENTS_DIR) contains: {existing}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None


def parse_agent(text: str, name: str, source: str) -> AgentConfig:
    """Return the agent of a file's text; errors name `source`.

    Raises:
        ConfigError: not YAML, or a wrong value; the text names key and reason.
    """
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{source}: must contain keys such as `prompt` and `greeting`")
    try:
        return AgentConfig.model_validate({"name": name, **data})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc']))}: {p['msg'].removeprefix('Value error, ')}"
            for p in error.errors()
        )
        raise ConfigError(f"{source}: {problems}") from None
