"""The latency dashboard: where the time of a turn goes, against the budget."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.turns import (
    PROVIDER_FIRST_OUTPUT,
    TURN_LATENCY,
    TURN_OVERHEAD,
    TURN_PART,
    TURN_PLAYOUT_DELAY,
)
from scripts.dashboards.budget import SLOW_TURNS_ALLOWED, Budget
from scripts.dashboards.layout import Section, Variable, build
from scripts.dashboards.panels import Column, Help, Panel, Query, columns, graph, heat_map, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope, constants
from scripts.dashboards.style import ORANGE, RED, SECONDS, SHARE

AGENTS = Scope(("agent",))
ROUTES = Scope(("agent", "provider", "model"))
AGENT = Variable("agent", "Agent", TURN_LATENCY, "Agent that answers or places the call.")
PROVIDER = Variable(
    "provider", "Provider", PROVIDER_FIRST_OUTPUT, "Provider of speech or models; applies to its own panels."
)
MODEL = Variable(
    "model", "Model", PROVIDER_FIRST_OUTPUT, "Model of the provider; applies to the providers' panels."
)
BURN_RUNBOOKS = ("ParleyTurnLatencyBurnFast", "ParleyTurnLatencyBurnSlow", "ParleyTurnLatencyBurnSteady")
_BURN_WINDOWS = ("5m", "1h", "6h")
_QUANTILES = ((0.5, "p50"), (0.95, "p95"), (0.99, "p99"))


def latency(limits: Budget) -> Dashboard:
    """Percentiles, parts, error budget, agents and providers."""
    return build(
        "parley-latency",
        "Parley / Latency budget",
        "Time from the end of the caller's speech to the first audio of the reply, by part, against "
        "deploy/latency-budget.yaml.",
        (AGENT, PROVIDER, MODEL),
        (
            Section("Turns", [_statistics(limits), [percentiles(limits), _heat_map(limits)]]),
            Section("Parts", [[parts_stack(limits), _parts_of_budget(limits)], [_parts_table(limits)]]),
            Section("Error budget", [[_within(limits), _burn(limits)]]),
            Section("Agents", [[_by_agent(0.5, limits.turn_p50), _by_agent(0.95, limits.turn_p95)]]),
            Section("Providers and models", [[_first_output(0.5), _first_output(0.95)], [_routes_table()]]),
            Section("Parley's own share", [[_overhead(limits), _playout_delay()]]),
        ),
    )


def _statistics(limits: Budget) -> list[Panel]:
    slow = f"1 - {AGENTS.share_within(TURN_LATENCY, limits.turn_p95, window=RANGE)}"
    turns = Help(
        "Turns that were answered in the time range.",
        "above zero while there are calls.",
        "look at Calls and capacity: do calls arrive, and are the recorders ready?",
        ("ParleyNoCalls",),
    )
    spent = Help(
        f"Share of turns over {limits.turn_p95:g} s, divided by the {SLOW_TURNS_ALLOWED:.0%} that may be.",
        "below 100 %.",
        "find the part that grew below, then the provider and model that it waits for.",
        BURN_RUNBOOKS,
    )
    return [
        statistic("Turns", turns, AGENTS.events(TURN_LATENCY), decimals=0),
        percentile(0.5, limits.turn_p50),
        percentile(0.95, limits.turn_p95),
        percentile(0.99, None),
        share_within_budget(limits),
        statistic(
            "Error budget spent",
            spent,
            f"({slow}) / {SLOW_TURNS_ALLOWED}",
            SHARE,
            decimals=0,
            steps=((0.75, ORANGE), (1, RED)),
            no_value="no turns",
        ),
    ]


def percentile(q: float, limit_s: float | None) -> Panel:
    """A percentile of turns over the time range, red above its limit."""
    name = f"Turn latency p{q * 100:.0f}"
    normal = f"at most {limit_s:g} s, the budget." if limit_s else "no budget; at most about twice the p95."
    help_ = Help(
        f"{name}, from the end of the caller's speech to the first audio sent, over the time range.",
        normal,
        "look which part exceeds its limit below; a trace of a slow turn hangs on each exemplar.",
        ("ParleyTurnLatencyMedian",) if q == 0.5 else BURN_RUNBOOKS,
    )
    steps = ((limit_s, RED),) if limit_s else ()
    expr = AGENTS.quantile(q, TURN_LATENCY, window=RANGE)
    return statistic(name, help_, expr, SECONDS, steps=steps, no_value="no turns")


def share_within_budget(limits: Budget) -> Panel:
    """Share of turns within the p95 limit over the time range."""
    help_ = Help(
        f"Share of turns whose first audio was sent within {limits.turn_p95:g} s.",
        f"{1 - SLOW_TURNS_ALLOWED:.0%} or more.",
        "find the part that grew; it names the stage or the provider that is slow.",
        BURN_RUNBOOKS,
    )
    return statistic(
        "Turns within budget",
        help_,
        AGENTS.share_within(TURN_LATENCY, limits.turn_p95, window=RANGE),
        SHARE,
        decimals=1,
        steps=((0.9, ORANGE), (1 - SLOW_TURNS_ALLOWED, "green")),
        base=RED,
        no_value="no turns",
    )


def percentiles(limits: Budget) -> Panel:
    """Percentiles of turns over time with the lines of the budget."""
    help_ = Help(
        "Percentiles of turn latency, with the budget's two limits as dashed lines. Dots are exemplars: "
        "single turns with their traces.",
        "p50 and p95 below the dashed line of the same colour. Gaps: no turns.",
        "open a dot above the line: its trace shows which stage or provider the turn waited for.",
        BURN_RUNBOOKS,
    )
    queries = [Query(AGENTS.quantile(q, TURN_LATENCY), name, exemplars=q == 0.95) for q, name in _QUANTILES]
    lines = [
        Query(f"vector({limits.turn_p50})", "budget p50"),
        Query(f"vector({limits.turn_p95})", "budget p95"),
    ]
    return graph("Turn latency", help_, [*queries, *lines], SECONDS)


def _heat_map(limits: Budget) -> Panel:
    help_ = Help(
        "How many turns took how long: the darker, the more turns.",
        f"one band below {limits.turn_p50:g} s and few cells above {limits.turn_p95:g} s.",
        "two separate bands mean two kinds of turns (a model's cold cache, a tool, one agent): "
        "choose one agent at a time.",
    )
    rate = f"rate({AGENTS.select(TURN_LATENCY, '_bucket')}[{WINDOW}])"
    return heat_map("Distribution of turn latency", help_, f"sum by (le) ({rate})")


def parts_stack(limits: Budget) -> Panel:
    """Mean time per part, which may be stacked as means add up."""
    help_ = Help(
        "Mean time that each part adds to a turn. Means add up, so the height is the mean latency. "
        "Percentiles do not add up and are therefore not stacked (see the table). The line is the "
        "budget's p50.",
        "about the height of the line: a few slow turns lift the mean over the median.",
        "the part that grew tells the place: endpointing is the agent's turn-taking settings and the "
        "speech provider, llm_ttft and first_clause the model, tts_ttfb the voice, playout the edge.",
        ("ParleyTurnLatencyPart",),
    )
    total = f"sum by (part) (rate({AGENTS.select(TURN_PART, '_sum')}[{WINDOW}]))"
    turns = f"sum(rate({AGENTS.select(TURN_LATENCY, '_count')}[{WINDOW}]))"
    stack = Query(f"{total} / on () group_left () ({turns} > 0)", "{{part}}")
    line = Query(f"vector({limits.turn_p50})", "budget p50")
    return graph("Parts of a turn, mean, stacked", help_, [stack, line], SECONDS, stacked=True)


def _parts_of_budget(limits: Budget) -> Panel:
    help_ = Help(
        "The p95 of each part, divided by that part's p95 limit in the budget.",
        "below 100 %, the dashed line.",
        "the part above the line exceeds its own limit, even if the turn as a whole is still within.",
        ("ParleyTurnLatencyPart",),
    )
    share = (
        f"({AGENTS.quantile(0.95, TURN_PART, 'part')}) / on (part) ({constants(limits.parts_p95, 'part')})"
    )
    return graph(
        "p95 of each part, of its budget", help_, [Query(share, "{{part}}")], SHARE, steps=((1, RED),)
    )


def _parts_table(limits: Budget) -> Panel:
    help_ = Help(
        "Mean and percentiles of each part over the time range, beside the budget.",
        "p50 and p95 at most their budget.",
        "a p95 far above its budget with a good p50 points at single slow requests; both above, at a "
        "provider, a model or a setting that is slow for every turn.",
        ("ParleyTurnLatencyPart",),
    )
    values = [
        Column("mean", AGENTS.mean(TURN_PART, "part", window=RANGE), SECONDS),
        Column("p50", AGENTS.quantile(0.5, TURN_PART, "part", window=RANGE), SECONDS),
        Column("budget p50", constants(limits.parts_p50, "part"), SECONDS),
        Column("p95", AGENTS.quantile(0.95, TURN_PART, "part", window=RANGE), SECONDS),
        Column("budget p95", constants(limits.parts_p95, "part"), SECONDS),
        Column("p99", AGENTS.quantile(0.99, TURN_PART, "part", window=RANGE), SECONDS),
    ]
    return columns("Parts against the budget", help_, ["part"], values)


def _within(limits: Budget) -> Panel:
    p50, p95 = limits.turn_p50, limits.turn_p95
    help_ = Help(
        f"Share of turns within {p50:g} s and within {p95:g} s.",
        "at least 50 % and 95 %, the dashed lines.",
        "a falling share before the percentiles move is the first sign of a slow provider.",
        BURN_RUNBOOKS,
    )
    queries = [
        Query(AGENTS.share_within(TURN_LATENCY, p50), f"within {p50:g} s"),
        Query(AGENTS.share_within(TURN_LATENCY, p95), f"within {p95:g} s"),
    ]
    steps = ((0.5, ORANGE), (1 - SLOW_TURNS_ALLOWED, RED))
    return graph("Turns within the budget", help_, queries, SHARE, maximum=1, steps=steps)


def _burn(limits: Budget) -> Panel:
    help_ = Help(
        f"How fast the error budget is spent: share of turns over {limits.turn_p95:g} s divided by the "
        f"allowed {SLOW_TURNS_ALLOWED:.0%}, over windows of 5 minutes, 1 hour and 6 hours.",
        "below 1. At 1 the budget is spent exactly at the end of its period.",
        "short and long window both high: it is going on now. Only the long one: it is over.",
        BURN_RUNBOOKS,
    )
    within = {
        window: AGENTS.share_within(TURN_LATENCY, limits.turn_p95, window=window) for window in _BURN_WINDOWS
    }
    queries = [Query(f"(1 - {share}) / {SLOW_TURNS_ALLOWED}", window) for window, share in within.items()]
    return graph("Burn rate of the error budget", help_, queries, "suffix:x", steps=((1, ORANGE), (6, RED)))


def _by_agent(q: float, limit_s: float) -> Panel:
    name = f"p{q * 100:.0f}"
    help_ = Help(
        f"Turn latency {name} of each agent.",
        "below the dashed line, the budget.",
        "one agent alone above it: look at its model, its prompt's length, tools and turn-taking settings.",
        BURN_RUNBOOKS,
    )
    queries = [
        Query(AGENTS.quantile(q, TURN_LATENCY, "agent"), "{{agent}}", exemplars=True),
        Query(f"vector({limit_s})", f"budget {name}"),
    ]
    return graph(f"Turn latency {name} by agent", help_, queries, SECONDS)


def _first_output(q: float) -> Panel:
    name = f"p{q * 100:.0f}"
    help_ = Help(
        f"Time from a request to the provider's first output, {name}, by provider, model and kind of output.",
        "steady; models differ from each other. Gaps: not used in that time.",
        "a step up without a change of ours is the provider: look at its status page and consider the "
        "agent's fallback model.",
        ("ParleyTurnLatencyPart",),
    )
    expr = ROUTES.quantile(q, PROVIDER_FIRST_OUTPUT, "provider", "model", "output")
    query = Query(expr, "{{provider}} {{model}} {{output}}", exemplars=True)
    return graph(f"First output of providers, {name}", help_, [query], SECONDS)


def _routes_table() -> Panel:
    help_ = Help(
        "Parts of turns by the provider and model that they waited for. Empty names: no provider was waited "
        "for (playout, fixed texts, cached audio).",
        "llm_ttft and tts_ttfb of the models in use near their budget.",
        "compare models within a part before you change an agent's route.",
    )
    keys = ("part", "provider", "model")
    values = [
        Column("turns", ROUTES.events(TURN_PART, *keys), "none"),
        Column("p50", ROUTES.quantile(0.5, TURN_PART, *keys, window=RANGE), SECONDS),
        Column("p95", ROUTES.quantile(0.95, TURN_PART, *keys, window=RANGE), SECONDS),
        Column("p99", ROUTES.quantile(0.99, TURN_PART, *keys, window=RANGE), SECONDS),
    ]
    return columns("Parts by provider and model", help_, keys, values)


def _overhead(limits: Budget) -> Panel:
    help_ = Help(
        "Parley's own time within a turn, without all waiting for providers. Turns whose answer was begun "
        "before they ended (speculation) are not part of it.",
        "p95 below the dashed line, the budget.",
        "look at event-loop delay (Calls and capacity) and delay on the bus (Bus): too many calls per "
        "process, too little CPU, or a slow NATS.",
        ("ParleyTurnOverhead",),
    )
    queries = [Query(AGENTS.quantile(q, TURN_OVERHEAD), name, exemplars=True) for q, name in _QUANTILES]
    budget = Query(f"vector({limits.overhead_p95})", "budget p95")
    return graph("Latency without providers", help_, [*queries, budget], SECONDS)


def _playout_delay() -> Panel:
    help_ = Help(
        "From sending a reply's first audio until Twilio's mark for it returned: the network and Twilio's "
        "buffer. Not part of the budget.",
        "steady, usually 50 to 300 ms.",
        "a step up on all edges is Twilio or its region; on one edge, its network.",
    )
    queries = [Query(AGENTS.quantile(q, TURN_PLAYOUT_DELAY), name, exemplars=True) for q, name in _QUANTILES]
    return graph("Playout after sending", help_, queries, SECONDS)
