"""The dashboard of providers: latency, errors, circuits and time limits."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.providers import (
    MODEL_SHUTDOWN,
    PROVIDER_CIRCUIT_OPEN,
    PROVIDER_FAILURES,
    PROVIDER_LIMIT,
    PROVIDER_REQUESTS,
)
from parley.telemetry.catalogue.turns import PROVIDER_FIRST_OUTPUT
from scripts.dashboards.latency import AGENT, MODEL, PROVIDER
from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Column, Help, Panel, Query, bars, columns, graph, heat_map, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope, or_zero, ratio
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, RED, SECONDS, SHARE

_SCOPE = Scope(("agent", "provider", "model"))
_FAILED = {"outcome": '="failed"'}
_KEYS = ("provider", "model")


def providers() -> Dashboard:
    """Requests, failures, first output, circuits and limits of providers."""
    return build(
        "parley-providers",
        "Parley / Providers",
        "Speech and model providers: requests, failures, time to first output, circuits and time limits.",
        (AGENT, PROVIDER, MODEL),
        (
            Section("At a glance", [_statistics(), [_table()]]),
            Section("Requests and failures", [[_requests(), failures()], [_failure_share(), _circuits()]]),
            Section("Latency", [[_first_output(), _heat_map()], [_limits(), _shutdowns()]]),
        ),
    )


def _statistics() -> list[Panel]:
    requests = _SCOPE.events(PROVIDER_REQUESTS)
    return [
        statistic(
            "Requests",
            Help(
                "Requests to providers, or connections to them, in the time range.",
                "in proportion to the turns.",
                "none during calls: every circuit may be open.",
            ),
            requests,
            decimals=0,
        ),
        failed_share(),
        statistic(
            "Circuits open",
            Help(
                "Routes whose circuit is open in some process now: they are tried last.",
                "0.",
                "the provider fails; the agent's next route is in use. See the codes below.",
                ("ParleyProviderCircuitOpen", "ParleyProviderDown"),
            ),
            or_zero(f"sum(max by (provider, model) ({_SCOPE.select(PROVIDER_CIRCUIT_OPEN)}))"),
            steps=((1, RED),),
        ),
        statistic(
            "First output p95",
            Help(
                "Time from a request to the first output, p95 of all routes together.",
                "steady.",
                "see the table for the route that is slow.",
            ),
            _SCOPE.quantile(0.95, PROVIDER_FIRST_OUTPUT, window=RANGE),
            SECONDS,
            decimals=2,
            no_value="no requests",
        ),
    ]


def failed_share() -> Panel:
    """Share of failed requests to providers."""
    help_ = Help(
        "Share of requests to providers that failed. A failed request may have been repeated or replaced "
        "by the next route.",
        "below 1 %.",
        "look at the codes of the failures and at the provider's status page.",
        ("ParleyProviderFailures", "ParleyProviderDown"),
    )
    expr = ratio(_SCOPE.events(PROVIDER_REQUESTS, where=_FAILED), _SCOPE.events(PROVIDER_REQUESTS))
    steps = ((0.01, ORANGE), (0.05, RED))
    return statistic("Failed requests", help_, expr, SHARE, decimals=1, steps=steps, no_value="no requests")


def _table() -> Panel:
    help_ = Help(
        "Each provider and model over the time range.",
        "failed below 1 % of the requests; circuit 0.",
        "compare first outputs before you change the order of an agent's routes.",
        ("ParleyProviderFailures",),
    )
    every = _SCOPE.increase(PROVIDER_REQUESTS, *_KEYS)
    values = [
        Column(
            "requests",
            every,
            "none",
        ),
        Column(
            "failed",
            f"{_SCOPE.increase(PROVIDER_REQUESTS, *_KEYS, where=_FAILED)} or 0 * {every}",
            "none",
            ((1, ORANGE), (20, RED)),
        ),
        Column(
            "first output p50", _SCOPE.quantile(0.5, PROVIDER_FIRST_OUTPUT, *_KEYS, window=RANGE), SECONDS
        ),
        Column(
            "first output p95", _SCOPE.quantile(0.95, PROVIDER_FIRST_OUTPUT, *_KEYS, window=RANGE), SECONDS
        ),
        Column("time limit", _SCOPE.gauge("max", PROVIDER_LIMIT, *_KEYS), SECONDS),
        Column("circuit open", _SCOPE.gauge("max", PROVIDER_CIRCUIT_OPEN, *_KEYS), "none", ((1, RED),)),
    ]
    return columns("Routes", help_, _KEYS, values)


def _requests() -> Panel:
    help_ = Help(
        "Requests and connections by provider and outcome; overtaken: another voice that was tried beside it "
        "spoke first; cancelled: the caller went on, or speculation was discarded.",
        "ok, and some cancelled.",
        "failed: see the codes beside.",
        ("ParleyProviderFailures",),
    )
    query = Query(_SCOPE.per_minute(PROVIDER_REQUESTS, "provider", "outcome"), "{{provider}} {{outcome}}")
    return graph("Requests by outcome", help_, [query], PER_MINUTE, stacked=True)


def failures() -> Panel:
    """Failed requests by provider and error code."""
    help_ = Help(
        "Failed requests by provider and error code; docs/providers.md explains the codes.",
        "0 (the series none).",
        "timeout or unavailable: the provider; authentication, quota or rate limit: the account; "
        "invalid request: a setting of the agent.",
        ("ParleyProviderFailures", "ParleyProviderRejects", "ParleyProviderDown"),
    )
    query = Query(
        _SCOPE.events(PROVIDER_FAILURES, "provider", "code", window=WINDOW), "{{provider}} {{code}}"
    )
    return graph("Failures of providers", help_, [query], COUNT, bars=True)


def _failure_share() -> Panel:
    help_ = Help(
        "Share of each provider's requests that failed. Gaps: no requests.",
        "below 1 %.",
        "near 100 %: the provider is down or the key is refused.",
        ("ParleyProviderDown", "ParleyProviderRejects"),
    )
    every, failed = (_SCOPE.rate(PROVIDER_REQUESTS, "provider", where=where) for where in (None, _FAILED))
    query = Query(ratio(f"{failed} or 0 * {every}", every), "{{provider}}")
    steps = ((0.01, ORANGE), (0.05, RED))
    return graph("Failed share by provider", help_, [query], SHARE, maximum=1, steps=steps)


def _circuits() -> Panel:
    help_ = Help(
        "1 while the circuit of a route is open in some process: the route is tried last.",
        "0.",
        "stays open: the provider does not recover; closes and opens: it fails some of the requests.",
        ("ParleyProviderCircuitOpen",),
    )
    query = Query(
        or_zero(_SCOPE.gauge("max", PROVIDER_CIRCUIT_OPEN, *_KEYS), *_KEYS), "{{provider}} {{model}}"
    )
    return graph("Open circuits", help_, [query], COUNT, maximum=1)


def _first_output() -> Panel:
    help_ = Help(
        "Time from a request to the first output, p95, by provider, model and output; dots are exemplars "
        "with traces.",
        "steady. Gaps: no requests.",
        "a step without a change of ours is the provider.",
        ("ParleyTurnLatencyPart",),
    )
    expr = _SCOPE.quantile(0.95, PROVIDER_FIRST_OUTPUT, *_KEYS, "output")
    query = Query(expr, "{{provider}} {{model}} {{output}}", exemplars=True)
    return graph("First output p95 by route", help_, [query], SECONDS)


def _heat_map() -> Panel:
    help_ = Help(
        "How many requests had their first output after how long.",
        "one narrow band per kind of output.",
        "a second, higher band: some requests wait, as with a cold cache or in a queue. Choose one model.",
    )
    rate = f"rate({_SCOPE.select(PROVIDER_FIRST_OUTPUT, '_bucket')}[{WINDOW}])"
    return heat_map("Distribution of first outputs", help_, f"sum by (le) ({rate})")


def _limits() -> Panel:
    help_ = Help(
        "How long Parley waits for the provider's output at most; it follows the measured latency.",
        "a small multiple of the p95.",
        "at its upper bound: the provider has become slow, and failures are noticed late.",
    )
    query = Query(_SCOPE.gauge("max", PROVIDER_LIMIT, *_KEYS, "output"), "{{provider}} {{model}} {{output}}")
    return graph("Time limits", help_, [query], SECONDS)


def _shutdowns() -> Panel:
    help_ = Help(
        "Time until a model in use is shut down, where its provider has announced that.",
        "none announced, or more than 30 days.",
        "change the agents that use it.",
        ("ParleyModelShutdown",),
    )
    query = Query(
        f"min by (provider, model) ({_SCOPE.select(MODEL_SHUTDOWN)}) - time()", "{{provider}} {{model}}"
    )
    steps = ((7 * 86400, ORANGE), (30 * 86400, "green"))
    return bars("Models end in", help_, query, SECONDS, steps=steps, base=RED, no_value="none announced")
