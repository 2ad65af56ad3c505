"""Texts that an agent needs in a language without default texts."""

from collections.abc import Iterator, Mapping

from parley.agent_config.agent import AgentConfig
from parley.agent_config.texts.defaults import ENGLISH, default_texts, flatten
from parley.agent_config.tools import TransferCallTool


def text_of(agent: AgentConfig, key: str) -> str | tuple[str, ...]:
    """Return the text, or the phrases, with this dotted key of the agent file."""
    value: object = agent
    for part in key.split("."):
        value = getattr(value, part)
    if isinstance(value, tuple):
        return tuple(map(str, value))
    return str(value)


def text_language(agent: AgentConfig, key: str) -> str:
    """Return the language of the text with this dotted key."""
    return ENGLISH if key in _english_texts(agent) else agent.language


def texts_problem(agent: AgentConfig) -> str:
    """Return which texts of the agent are missing in its languages and the remedy; empty if none is."""
    problems = (_problem_in(agent.in_language(tag), agent.language) for tag in agent.spoken_languages)
    return "; ".join(filter(None, problems))


def _problem_in(agent: AgentConfig, main_language: str) -> str:
    """The missing texts of one language, with the key of the file or of its entry in `languages`."""
    if default_texts(agent.language) is not None:
        return ""
    key = "language" if agent.language == main_language else f"languages.{agent.language}"
    unused = _unused_keys(agent)
    english = [key for key in _english_texts(agent) if key not in unused]
    absent = [key for key, _ in _english() if not text_of(agent, key) and key not in unused]
    parts = [f"{', '.join(english)} will be spoken in English"] if english else []
    parts += [f"{', '.join(absent)} will be left out"] if absent else []
    if not parts:
        return ""
    return (
        f"{key}: Parley has no default texts in {agent.language!r}: {'; '.join(parts)}. "
        f"Add these keys to {'the agent file' if key == 'language' else 'this entry'}"
    )


def _english() -> Iterator[tuple[str, str | tuple[str, ...]]]:
    texts: Mapping[str, object] = default_texts(ENGLISH) or {}
    yield from flatten(texts)


def _english_texts(agent: AgentConfig) -> tuple[str, ...]:
    if default_texts(agent.language) is not None:
        return ()
    return tuple(key for key, text in _english() if text_of(agent, key) == text)


def _unused_keys(agent: AgentConfig) -> frozenset[str]:
    """Keys that have no effect with the agent's other settings."""
    unused = set()
    if not agent.openers.enabled:
        unused |= {"openers.statements", "openers.questions"}
    if agent.reconnect.resume != "apology":
        unused.add("reconnect.apology")
    if agent.fallback.then != "voicemail":
        unused |= {"fallback.voicemail_prompt", "fallback.voicemail_goodbye"}
    if agent.limits.max_tokens is None and agent.limits.max_cost is None:
        unused.add("limits.budget_warning")
    transfer = next((tool for tool in agent.tools if isinstance(tool, TransferCallTool)), None)
    if transfer is None or not transfer.is_warm:
        unused |= {"transfer.accept_prompt", "transfer.caller_gone"}
    if transfer is None or transfer.if_unanswered != "goodbye":
        unused.add("transfer.goodbye")
    return frozenset(unused)
