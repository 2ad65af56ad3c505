"""The dashboard of calls and capacity: load, limits, event loops and the media streams of callers."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.bus import WORK_IN_PROGRESS, WORK_PENDING, WORK_WORKERS
from parley.telemetry.catalogue.calls import (
    CALL_DURATION,
    CALLS_ENDED,
    CALLS_STARTED,
)
from parley.telemetry.catalogue.capacity import (
    ASYNCIO_TASKS,
    BUILD_INFO,
    CALLS,
    CALLS_LIMIT,
    EVENT_LOOP_DELAY,
    READY,
)
from parley.telemetry.catalogue.metric import Metric
from scripts.dashboards import media
from scripts.dashboards.latency import AGENT
from scripts.dashboards.layout import Section, Variable, build
from scripts.dashboards.panels import Column, Help, Panel, Query, columns, graph, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope, or_zero
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, RED, SECONDS, SHARE

_SCOPE = Scope(("agent", "stage"))
_AGENTS = Scope(("agent",))
STAGE = Variable("stage", "Stage", BUILD_INFO, "Service: edge, stt, brain, tts or recorder.")
LOST = {"reason": '="stream-lost"'}
"""Calls whose media stream was lost and not resumed."""
_OF_STAGE = (
    f"on (job, instance) group_left (stage) max by (job, instance, stage) ({_SCOPE.select(BUILD_INFO)})"
)


def of_stage(expression: str) -> str:
    """A metric of each process with the stage that the process runs as a label."""
    return f"{expression} * {_OF_STAGE}"


def calls() -> Dashboard:
    """Calls, capacity of each stage, event loops, media streams and webhooks."""
    return build(
        "parley-calls",
        "Parley / Calls and capacity",
        "How many calls there are, how many each stage can carry, and whether they arrive.",
        (AGENT, STAGE),
        (
            Section("Calls", [_statistics(), [calls_in_progress(), _started()], [_ended(), _duration()]]),
            Section("Capacity", [[used_share(), _waiting()], [stages_table()]]),
            Section("Processes", [[_loop_delay(), _tasks()]]),
            Section("Media streams", _streams()),
            Section(
                "Webhooks and certificates",
                [[media.webhooks(), media.refused_signatures(), media.certificates()]],
            ),
        ),
    )


def _streams() -> list[list[Panel]]:
    return [
        [media.streams_opened(), media.streams_closed()],
        [media.frames(), media.failed_streams()],
    ]


def _statistics() -> list[Panel]:
    return [
        open_streams(),
        statistic(
            "Calls started",
            Help(
                "Calls that began in the time range.",
                "as your callers do.",
                "zero at a busy hour: check the numbers' webhooks (`parley number`) and the certificate.",
                ("ParleyNoCalls",),
            ),
            _AGENTS.events(CALLS_STARTED),
            decimals=0,
        ),
        lost_calls(),
        statistic(
            "Calls waiting",
            Help(
                "Calls that wait for a worker of any stage now.",
                "0; up to a few during a takeover.",
                "scale the stage that waits (see Waiting for workers).",
                ("ParleyCallsWaitForWorkers",),
            ),
            or_zero(f"sum({_max_by_stage(WORK_PENDING)})"),
            steps=((1, ORANGE), (5, RED)),
        ),
        fullest_stage(),
        not_ready(),
    ]


def open_streams() -> Panel:
    """Media streams that are open now."""
    help_ = Help(
        "Media streams that are open now, one per call.",
        "as your callers do.",
        "zero while calls start: look at Media streams that could not be opened.",
        ("ParleyMediaStreamsFail", "ParleyNoCalls"),
    )
    expr = or_zero(Scope().gauge("sum", CALLS, where={"stage": '="edge"'}))
    return statistic("Calls in progress", help_, expr, decimals=0, sparkline=True)


def fullest_stage() -> Panel:
    """Used share of the fullest stage's capacity."""
    help_ = Help(
        "Used share of the calls that the fullest stage accepts.",
        "below 80 %.",
        "add replicas of that stage, or raise its limit if CPU allows.",
        ("ParleyCapacityNearLimit",),
    )
    used, limit = (f"sum by (stage) ({Scope().select(metric)})" for metric in (CALLS, CALLS_LIMIT))
    steps = ((0.7, ORANGE), (0.85, RED))
    return statistic("Fullest stage", help_, f"max({used} / {limit})", SHARE, decimals=0, steps=steps)


def lost_calls() -> Panel:
    """Calls that were lost in the time range."""
    help_ = Help(
        "Calls that ended because their media stream was lost and could not be resumed.",
        "0.",
        "look at Survival: media streams, takeovers, drains at that time.",
        ("ParleyCallsLost",),
    )
    return statistic(
        "Calls lost", help_, _AGENTS.events(CALLS_ENDED, where=LOST), decimals=0, steps=((0.5, RED),)
    )


def not_ready() -> Panel:
    """Processes that are not ready now."""
    help_ = Help(
        "Processes that are up and not ready, as /readyz reports it: starting, draining or without NATS.",
        "0, except during a rollout.",
        "open the log of the process that the table below lists as not ready.",
        ("ParleyNotReady", "ParleyStageMissing"),
    )
    expr = or_zero(f"count({Scope().select(READY)} == 0)")
    return statistic("Processes not ready", help_, expr, steps=((1, ORANGE), (2, RED)))


def calls_in_progress() -> Panel:
    """Calls that each stage owns, and media streams."""
    help_ = Help(
        "Calls that the processes of each stage own; of the edge, its media streams.",
        "all stages at the same height.",
        "a stage that stays below the others loses calls or waits for workers; one above them has not "
        "noticed ended calls.",
        ("ParleyStageMissing", "ParleyCallsWaitForWorkers"),
    )
    query = Query(_SCOPE.gauge("sum", CALLS, "stage"), "{{stage}}")
    return graph("Calls in progress by stage", help_, [query], COUNT)


def _started() -> Panel:
    help_ = Help(
        "Calls that begin, by agent and direction.",
        "as your callers do.",
        "a sudden stop of inbound calls: the webhook address, its certificate, or the carrier.",
        ("ParleyNoCalls", "ParleyOutboundCallsFail"),
    )
    expr = _AGENTS.per_minute(CALLS_STARTED, "agent", "direction")
    return graph(
        "Calls started by agent", help_, [Query(expr, "{{agent}} {{direction}}")], PER_MINUTE, stacked=True
    )


def _ended() -> Panel:
    help_ = Help(
        "Calls that end, by reason: hangup is the caller, agent the agent, stream-lost a lost call.",
        "hangup, agent and completed.",
        "stream-lost: see Survival. busy, failed, no-answer: outbound numbers or the carrier. fallback: see "
        "Quality.",
        ("ParleyCallsLost", "ParleyCallsFallBack", "ParleyOutboundCallsFail"),
    )
    expr = _AGENTS.per_minute(CALLS_ENDED, "reason")
    return graph("Calls ended by reason", help_, [Query(expr, "{{reason}}")], PER_MINUTE, stacked=True)


def _duration() -> Panel:
    help_ = Help(
        "Length of the calls that ended.",
        "as your agents' conversations take. Gaps: no call ended.",
        "much shorter than usual: callers hang up; look at Quality and at dead air.",
    )
    queries = [
        Query(_AGENTS.quantile(0.5, CALL_DURATION), "p50"),
        Query(_AGENTS.quantile(0.95, CALL_DURATION), "p95"),
        Query(_AGENTS.mean(CALL_DURATION), "mean"),
    ]
    return graph("Call duration", help_, queries, SECONDS)


def used_share() -> Panel:
    """Used share of each stage's capacity."""
    help_ = Help(
        "Calls of each stage divided by the calls that its processes accept together.",
        "below 80 %: the rest is for the calls of one process that fails.",
        "add replicas of the stage; the autoscaler does it if it has room.",
        ("ParleyCapacityNearLimit", "ParleyAutoscalerAtMaximum"),
    )
    used, limit = (f"sum by (stage) ({_SCOPE.select(metric)})" for metric in (CALLS, CALLS_LIMIT))
    steps = ((0.8, ORANGE), (1, RED))
    return graph(
        "Used capacity by stage", help_, [Query(f"{used} / {limit}", "{{stage}}")], SHARE, steps=steps
    )


def _waiting() -> Panel:
    help_ = Help(
        "Calls that wait for a worker of the stage.",
        "0, apart from moments during takeovers and rollouts.",
        "more than a few seconds above zero: the stage is full or has no ready process.",
        ("ParleyCallsWaitForWorkers", "ParleyStageMissing"),
    )
    return graph("Waiting for workers", help_, [Query(_max_by_stage(WORK_PENDING), "{{stage}}")], COUNT)


def _max_by_stage(metric: Metric) -> str:
    # Each process reads the same value from NATS.
    return _SCOPE.gauge("max", metric, "stage")


def stages_table() -> Panel:
    """Processes, calls, limits and work queue of each stage."""
    help_ = Help(
        "Each stage now: processes, those that are ready, calls, the calls they accept, calls in the work "
        "queue that are claimed or waiting, and open requests for further calls.",
        "ready equals processes; waiting is 0; free workers above 0 for stt, brain, tts and recorder.",
        "no free workers: the stage is full. Fewer ready than processes: read that process's log.",
        ("ParleyStageMissing", "ParleyNotReady"),
    )
    values = [
        Column("processes", f"sum by (stage) ({of_stage(f'({_SCOPE.select(READY)} >= bool 0)')})", "none"),
        Column("ready", f"sum by (stage) ({of_stage(_SCOPE.select(READY))})", "none"),
        Column("calls", _SCOPE.gauge("sum", CALLS, "stage"), "none"),
        Column("calls accepted", _SCOPE.gauge("sum", CALLS_LIMIT, "stage"), "none"),
        Column("claimed", _max_by_stage(WORK_IN_PROGRESS), "none"),
        Column("waiting", _max_by_stage(WORK_PENDING), "none", ((1, ORANGE), (5, RED))),
        Column("free workers", _max_by_stage(WORK_WORKERS), "none"),
        Column(
            "event loop p99",
            f"histogram_quantile(0.99, sum by (le, stage) ({of_stage(_loop_rate(RANGE))}))",
            SECONDS,
            ((0.02, ORANGE), (0.1, RED)),
        ),
    ]
    return columns("Stages now", help_, ["stage"], values)


def _loop_rate(window: str) -> str:
    return f"rate({_SCOPE.select(EVENT_LOOP_DELAY, '_bucket')}[{window}])"


def _loop_delay() -> Panel:
    help_ = Help(
        "How late the event loops of each stage run tasks, p99. Audio has 20 ms per frame.",
        "below 20 ms.",
        "the process needs more CPU or fewer calls; a single high process may share its core.",
        ("ParleyEventLoopLate",),
    )
    expr = f"histogram_quantile(0.99, sum by (le, stage) ({of_stage(_loop_rate(WINDOW))}))"
    steps = ((0.02, ORANGE), (0.1, RED))
    return graph("Event-loop delay p99", help_, [Query(expr, "{{stage}}")], SECONDS, steps=steps)


def _tasks() -> Panel:
    help_ = Help(
        "Tasks in the event loops of each stage, per process.",
        "rises and falls with the calls.",
        "rises without calls: a leak; please report it with the version.",
    )
    expr = f"max by (stage) ({of_stage(_SCOPE.select(ASYNCIO_TASKS))})"
    return graph("Tasks of the fullest process", help_, [Query(expr, "{{stage}}")], COUNT)
