"""Reads agent files."""

from pathlib import Path

from pydantic import ValidationError

from parley.agent_config.agent import AgentConfig
from parley.agent_config.explanations import explain
from parley.agent_config.problem import AgentFileError, Problem
from parley.agent_config.realtime import problems_of_mode
from parley.agent_config.yaml_file import read_yaml
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
    except FileNotFoundError:
        existing = ", ".join(sorted(p.stem for p in Path(folder).glob("*.yaml"))) or "no agent files"
        raise ConfigError(
            f"{path}: no such agent file; {folder} (PARLEY_AGENTS_DIR) contains: {existing}"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return decode_agent(content, str(path))


def decode_agent(content: bytes, source: str) -> str:
    """Return the text of an agent file.

    Raises:
        AgentFileError: it is too large, or not UTF-8.
    """
    if len(content) > _MAX_FILE_BYTES:
        raise AgentFileError(source, [Problem(0, "", f"larger than {_MAX_FILE_BYTES // 1024} KiB")])
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"not UTF-8 (byte 0x{content[error.start]:02x}); save the file with the encoding UTF-8"
        raise AgentFileError(source, [Problem(line, "", reason)]) from None


def parse_agent(text: str, name: str, source: str) -> AgentConfig:
    """Return the agent of a file's text; errors name `source`.

    Raises:
        AgentFileError: the text is wrong; it lists all mistakes with line, key and remedy.
    """
    file = read_yaml(text)
    if file.data is None:
        raise AgentFileError(source, file.problems)
    try:
        if mistakes := problems_of_mode(file.data):
            raise ValidationError.from_exception_data(AgentConfig.__name__, mistakes)
        agent = AgentConfig.model_validate({"name": name, **file.data})
    except ValidationError as error:
        problems = [*file.problems, *explain(error, file)]
        raise AgentFileError(source, sorted(problems, key=lambda problem: problem.line)) from None
    if file.problems:
        raise AgentFileError(source, file.problems)
    return agent
