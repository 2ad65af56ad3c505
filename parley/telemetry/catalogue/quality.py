"""Metrics of what callers experience, apart from latency."""

from parley.telemetry.catalogue.metric import counter, gauge, histogram

_BRAIN = ("brain",)
_RECORDER = ("recorder",)
_DEAD_AIR_BUCKETS_S = (2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 30.0)
_SEARCH_BUCKETS_S = (0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)
_TOOL_BUCKETS_S = (0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0)

TURNS = counter(
    "parley_turns_total",
    "Turns of callers",
    _RECORDER,
    "agent",
    "outcome",
    outcome="answered, interrupted (the caller went on before the reply was audible), unanswered",
)
DEAD_AIR = histogram(
    "parley_dead_air_seconds",
    "Silences of more than 2 s after the caller's last word, until audio of the agent or the end of the call",
    _RECORDER,
    _DEAD_AIR_BUCKETS_S,
    "agent",
)
INTERRUPTIONS = counter(
    "parley_interruptions_total",
    "Replies that the caller's speech paused",
    _RECORDER,
    "agent",
    "outcome",
    outcome="barge_in, false_alarm",
)
REPLIES = counter(
    "parley_replies_total",
    "Replies that were started, without discarded speculation",
    _RECORDER,
    "agent",
    "kind",
    kind="greeting, answer, opener, filler, idle_prompt, apology, goodbye, warning, reconnected",
)
SPECULATIONS = counter(
    "parley_speculations_total",
    "Speculative replies",
    _RECORDER,
    "agent",
    "outcome",
    outcome="used, discarded",
)
EMPTY_ANSWERS = counter(
    "parley_empty_answers_total",
    "Answers of a model without text or tool call",
    _BRAIN,
    "agent",
    "provider",
    "model",
)
FALLBACKS = counter(
    "parley_fallbacks_total",
    "Calls that were given to the agent's fallback",
    _RECORDER,
    "agent",
    "reason",
    reason="stt_unavailable, llm_unavailable, tts_unavailable, stream_unavailable",
)
TOOL_CALLS = counter(
    "parley_tool_calls_total",
    "Tool calls of models",
    _BRAIN,
    "agent",
    "tool",
    "outcome",
    tool="a tool of the agent file; unknown for any other name",
    outcome="ok, failed, refused",
)
TOOL_SECONDS = histogram(
    "parley_tool_seconds", "Duration of tool calls", _BRAIN, _TOOL_BUCKETS_S, "agent", "tool"
)
TOOL_FAILURES = counter(
    "parley_tool_failures_total",
    "Tool calls that failed, and results that were ignored",
    _BRAIN,
    "agent",
    "tool",
    "reason",
    tool="as in parley_tool_calls_total",
    reason="tool (its own reason), timeout, crash (its code raised), refused (not run), late (ignored)",
)
TOOLS_RUNNING = gauge("parley_tools_running", "Tool calls that are running", _BRAIN)
TOOL_LIMITS = counter(
    "parley_tool_limits_reached_total",
    "Answers whose tool calls were limited",
    _BRAIN,
    "limit",
    limit="rounds, repeated, calls_per_answer, calls_per_call",
)
KNOWLEDGE_SEARCHES = counter(
    "parley_knowledge_searches_total",
    "Searches in the agent's documents",
    _RECORDER,
    "agent",
    "mode",
    "outcome",
    mode="tool, always",
    outcome="found, nothing, failed",
)
KNOWLEDGE_SEARCH_SECONDS = histogram(
    "parley_knowledge_search_seconds",
    "Duration of searches in the agent's documents",
    _RECORDER,
    _SEARCH_BUCKETS_S,
    "agent",
    "mode",
)
