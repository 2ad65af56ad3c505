"""The agent files of this machine, parsed once for each version."""

from collections import OrderedDict
from pathlib import Path

from parley.agent_config import parse_agent, read_agent_text
from parley.agent_store.version import LoadedAgent, version_of
from parley.errors import ConfigError

_MAX_PARSED = 500


class ParsedAgents:
    """The last 500 versions that were parsed."""

    def __init__(self) -> None:
        self._agents: OrderedDict[tuple[str, str], LoadedAgent] = OrderedDict()
        self._errors: OrderedDict[tuple[str, str], ConfigError] = OrderedDict()

    def get(self, name: str, version: str) -> LoadedAgent | None:
        """Return a version if it was parsed before."""
        if (agent := self._agents.get((name, version))) is not None:
            self._agents.move_to_end((name, version))
        return agent

    def add(self, agent: LoadedAgent) -> LoadedAgent:
        """Remember a version; return it."""
        self._agents[agent.name, agent.version] = agent
        while len(self._agents) > _MAX_PARSED:
            self._agents.popitem(last=False)
        return agent

    def parse(self, name: str, text: str, source: str) -> LoadedAgent:
        """Return the agent of a text.

        Raises:
            ConfigError: the text is not an agent file; the error names `source`.
        """
        version = version_of(text)
        if (agent := self.get(name, version)) is not None:
            return agent
        if (refused := self._errors.get((name, version))) is not None:
            raise refused
        try:
            return self.add(LoadedAgent(name, version, parse_agent(text, name, source), text))
        except ConfigError as error:
            # A wrong file is read for each call too.
            self._errors[name, version] = error
            while len(self._errors) > _MAX_PARSED:
                self._errors.popitem(last=False)
            raise


class AgentFiles:
    """The files of a folder; read each time, so that a change takes effect with the next call."""

    def __init__(self, folder: str | Path, parsed: ParsedAgents) -> None:
        self._folder = Path(folder)
        self._parsed = parsed

    def names(self) -> tuple[str, ...]:
        """Return the names of all agent files."""
        return tuple(sorted(path.stem for path in self._folder.glob("*.yaml")))

    def load(self, name: str) -> LoadedAgent:
        """Return the agent of a file.

        Raises:
            ConfigError: see `load_agent_config`.
        """
        text = read_agent_text(self._folder, name)
        return self._parsed.parse(name, text, str(self._folder / f"{name}.yaml"))

    def version(self, name: str) -> str:
        """Return the version of a file.

        Raises:
            ConfigError: the file cannot be read.
        """
        return version_of(read_agent_text(self._folder, name))
