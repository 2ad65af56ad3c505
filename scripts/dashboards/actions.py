"""Panels of what agents do besides talking: tools, searches, transfers, text messages and keys."""

from parley.telemetry.catalogue.calls import DTMF_SENT, MESSAGES_SENT, TRANSFERS
from parley.telemetry.catalogue.quality import (
    KNOWLEDGE_SEARCH_SECONDS,
    KNOWLEDGE_SEARCHES,
    TOOL_CALLS,
    TOOL_FAILURES,
    TOOL_LIMITS,
    TOOL_SECONDS,
    TOOLS_RUNNING,
)
from scripts.dashboards.panels import Help, Panel, Query, graph
from scripts.dashboards.promql import WINDOW, Scope
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, SECONDS

_SCOPE = Scope(("agent",))
_ALL_AGENTS = Scope(())
"""The edge does not know the agent of a request."""


def tools() -> list[list[Panel]]:
    """The panels of tools and of searches in documents."""
    return [
        [_tool_calls(), _tool_seconds(), _tool_limits()],
        [_tool_failures(), _tools_running()],
        [_searches(), _search_seconds()],
    ]


def telephony() -> list[list[Panel]]:
    """The panels of transfers, text messages and keys."""
    return [[_transfers(), _messages(), _keys()]]


def _tool_calls() -> Panel:
    help_ = Help(
        "Tool calls by tool and outcome; refused: not allowed or with wrong arguments.",
        "ok. none: no tools in use.",
        "failed: look at the tool's own service; refused: at its schema and the model.",
        ("ParleyToolsFail",),
    )
    query = Query(_SCOPE.per_minute(TOOL_CALLS, "tool", "outcome"), "{{tool}} {{outcome}}")
    return graph("Tool calls", help_, [query], PER_MINUTE)


def _tool_seconds() -> Panel:
    help_ = Help(
        "Duration of tool calls, p95, by tool; dots are exemplars with traces.",
        "below 1 s: the caller waits for it. Gaps: no tool calls.",
        "make the tool's service faster or give the agent a filler.",
        ("ParleyToolsFail",),
    )
    query = Query(_SCOPE.quantile(0.95, TOOL_SECONDS, "tool"), "{{tool}}", exemplars=True)
    return graph("Duration of tool calls p95", help_, [query], SECONDS, steps=((1, ORANGE),))


def _tool_limits() -> Panel:
    help_ = Help(
        "Answers whose tool calls were limited: too many rounds, repeated calls, or calls per answer.",
        "0 (the series none).",
        "the model calls in circles: improve the tool's description or its result.",
        ("ParleyToolLoops",),
    )
    query = Query(_SCOPE.events(TOOL_LIMITS, "limit", window=WINDOW), "{{limit}}")
    return graph("Limited tool calls", help_, [query], COUNT, bars=True)


def _searches() -> Panel:
    help_ = Help(
        "Searches in the agent's documents by outcome.",
        "found. none: no agent with knowledge.",
        "nothing: `parley knowledge search` shows what callers' words find; failed: the database.",
    )
    query = Query(_SCOPE.per_minute(KNOWLEDGE_SEARCHES, "mode", "outcome"), "{{mode}} {{outcome}}")
    return graph("Searches in documents", help_, [query], PER_MINUTE)


def _search_seconds() -> Panel:
    help_ = Help(
        "Duration of searches in the agent's documents, p95; dots are exemplars with traces.",
        "below 0.03 s without an embedding model. Gaps: no searches.",
        "look at the database, or at the provider of the embedding model.",
    )
    query = Query(_SCOPE.quantile(0.95, KNOWLEDGE_SEARCH_SECONDS, "mode"), "{{mode}}", exemplars=True)
    return graph("Duration of searches in documents p95", help_, [query], SECONDS, steps=((0.5, ORANGE),))


def _tool_failures() -> Panel:
    help_ = Help(
        "Tool calls that failed, by tool and reason; late results were ignored.",
        "0 (the series none).",
        "timeout: the tool's service is slow; crash: its code; refused: the model's arguments.",
        ("ParleyToolsFail",),
    )
    query = Query(_SCOPE.events(TOOL_FAILURES, "tool", "reason", window=WINDOW), "{{tool}} {{reason}}")
    return graph("Failed tool calls", help_, [query], COUNT, bars=True)


def _tools_running() -> Panel:
    help_ = Help(
        "Tool calls that are running now, in all brains.",
        "fewer than the calls in progress.",
        "rises and stays: a tool's service hangs until its time limit.",
    )
    query = Query(f"sum({_ALL_AGENTS.select(TOOLS_RUNNING)})", "running")
    return graph("Running tool calls", help_, [query], COUNT)


def _transfers() -> Panel:
    help_ = Help(
        "Transfers by kind and outcome, of all agents.",
        "transferred or returned. none: no transfers.",
        "no-answer, busy or declined: the destinations' staffing; failed: the log of the edges.",
        ("ParleyTransfersFail",),
    )
    query = Query(_ALL_AGENTS.events(TRANSFERS, "kind", "outcome", window=WINDOW), "{{kind}} {{outcome}}")
    return graph("Transfers by outcome", help_, [query], COUNT, bars=True)


def _messages() -> Panel:
    help_ = Help(
        "Text messages that Twilio accepted or refused, of all agents.",
        "sent. none: no text messages.",
        "failed: the log of the edges has Twilio's code.",
        ("ParleyMessagesRefused",),
    )
    query = Query(_ALL_AGENTS.events(MESSAGES_SENT, "outcome", window=WINDOW), "{{outcome}}")
    return graph("Text messages", help_, [query], COUNT, bars=True)


def _keys() -> Panel:
    help_ = Help(
        "Requests of agents to press keys, of all agents.",
        "sent. none: no keys.",
        "failed: the log of the edges has the reason.",
    )
    query = Query(_ALL_AGENTS.events(DTMF_SENT, "outcome", window=WINDOW), "{{outcome}}")
    return graph("Keys pressed", help_, [query], COUNT, bars=True)
