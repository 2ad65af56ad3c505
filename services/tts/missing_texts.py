"""Reports agents that would speak English texts in another language."""

from pathlib import Path

import structlog

from parley.agent_config import load_agent_config, texts_problem
from parley.errors import ConfigError

log = structlog.get_logger()


def report_missing_texts(agents_dir: str) -> None:
    """Log each agent file that lacks texts in its language; one that cannot be read is reported elsewhere."""
    for path in sorted(Path(agents_dir).glob("*.yaml")):
        try:
            agent = load_agent_config(agents_dir, path.stem)
        except ConfigError:
            continue
        if problem := texts_problem(agent):
            log.warning("agent_texts_missing", agent=path.stem, language=agent.language, problem=problem)
