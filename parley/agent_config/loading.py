"""Reads agent files."""

from pathlib import Path

import yaml
from pydantic import ValidationError

from parley.agent_config.agent import AgentConfig
from parley.errors import ConfigError

_MAX_NAME_CHARS = 100


def load_agent_config(folder: str | Path, name: str) -> AgentConfig:
    """Read `<folder>/<name>.yaml`.

    Raises:
        ConfigError: no such file, not YAML, or a wrong value; the text names file, key and reason.
    """
    path = Path(folder) / f"{name}.yaml"
    if not name or Path(name).name != name or len(name) > _MAX_NAME_CHARS or not name.isprintable():
        raise ConfigError(f"{name[:_MAX_NAME_CHARS]!r} is not the name of an agent file")
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        existing = ", ".join(sorted(p.stem for p in Path(folder).glob("*.yaml"))) or "no agent files"
        raise ConfigError(
            f"{path}: no such agent file; {folder} (PARLEY_AGENTS_DIR) contains: {existing}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{path}: must contain keys such as `prompt` and `greeting`")
    try:
        return AgentConfig.model_validate({"name": name, **data})
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, p['loc']))}: {p['msg'].removeprefix('Value error, ')}"
            for p in error.errors()
        )
        raise ConfigError(f"{path}: {problems}") from None
