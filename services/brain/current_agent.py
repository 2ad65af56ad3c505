"""The agent that serves a call at present, and its hand-offs. No I/O, no clock."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from parley.v1.handoff_pb2 import AgentChanged, LanguageChanged


@dataclass(frozen=True, slots=True)
class CurrentAgent:
    """The agent that serves a call at present; by default, the one of call.started."""

    name: str = ""
    """Empty for the agent of call.started, until it has handed over once."""
    version: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The version of each agent that has taken the call over: one that returns keeps its version."""
    from_agent: str = ""
    """The agent that handed over last."""
    after_reply_id: str = ""
    """The reply that requested the last hand-off."""
    tool_call_id: str = ""
    """The tool call that requested it."""
    greeting: str = ""
    """Text with which the agent still has to begin."""
    changes: int = 0
    """Number of hand-offs in the call."""
    language: str = ""
    """The language to which the call has changed; empty for the one in which it began."""
    language_turn: int = 0
    """The caller's turn after which it changed."""
    passed_by: tuple[str, ...] = ()
    """Agents that have handed over since the caller's last words."""


def evolve(agent: CurrentAgent, changed: AgentChanged) -> CurrentAgent:
    """Return the agent after a hand-off."""
    if changed.tool_call_id and changed.tool_call_id == agent.tool_call_id:
        return agent
    return CurrentAgent(
        changed.agent,
        changed.version,
        versions={**agent.versions, changed.agent: changed.version},
        from_agent=changed.from_agent,
        after_reply_id=changed.reply_id,
        tool_call_id=changed.tool_call_id,
        greeting=changed.greeting,
        changes=agent.changes + 1,
        language=agent.language,
        language_turn=agent.language_turn,
        passed_by=(*agent.passed_by, changed.from_agent),
    )


def in_language(agent: CurrentAgent, changed: LanguageChanged) -> CurrentAgent:
    """Return the agent after the call has changed to another of its languages."""
    return replace(agent, language=changed.language, language_turn=changed.turn)


def after_input(agent: CurrentAgent) -> CurrentAgent:
    """Return the agent after the caller has said something that needs an answer."""
    return replace(agent, passed_by=()) if agent.passed_by else agent


def after_words(agent: CurrentAgent) -> CurrentAgent:
    """Return the agent after it has words to speak: its greeting is no longer due."""
    return replace(agent, greeting="") if agent.greeting else agent
