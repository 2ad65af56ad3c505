"""The dashboard of calls and capacity: load, limits, event loops and the media streams of callers."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.bus import WORK_IN_PROGRESS, WORK_PENDING, WORK_WORKERS
from parley.telemetry.catalogue.calls import (
    CALL_DURATION,
    CALLS_ENDED,
    CALLS_STARTED,
    CERTIFICATE_EXPIRY,
    MEDIA_FRAMES,
    MEDIA_MESSAGES_INVALID,
    SIGNATURES_REFUSED,
    STREAMS_CLOSED,
    STREAMS_FAILED,
    STREAMS_OPENED,
    WEBHOOKS,
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
from scripts.dashboards.latency import AGENT
from scripts.dashboards.layout import Section, Variable, build
from scripts.dashboards.panels import Column, Help, Panel, Query, bars, columns, graph, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope, or_zero
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, PER_SECOND, RED, SECONDS, SHARE

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
            Section("Capacity", [[_used_share(), _waiting()], [stages_table()]]),
            Section("Processes", [[_loop_delay(), _tasks()]]),
            Section("Media streams", [[_streams(), _closed()], [_frames(), _failed_streams()]]),
            Section("Webhooks and certificates", [[_webhooks(), _refused(), _certificates()]]),
        ),
    )


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
    return graph("Calls started", help_, [Query(expr, "{{agent}} {{direction}}")], PER_MINUTE, stacked=True)


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


def _used_share() -> Panel:
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


def _streams() -> Panel:
    help_ = Help(
        "Media streams that Twilio opened: the first of a call, or one that resumes it.",
        "almost only first.",
        "resumed streams are calls that were saved after a lost stream: see Survival for the pauses.",
        ("ParleyMediaStreamsFail",),
    )
    query = Query(_AGENTS.per_minute(STREAMS_OPENED, "kind"), "{{kind}}")
    return graph("Media streams opened", help_, [query], PER_MINUTE, stacked=True)


def _closed() -> Panel:
    help_ = Help(
        "Media streams that ended: stop by Twilio's message, closed by us, drained by a rollout, lost "
        "without any message.",
        "stop and closed; drained during rollouts.",
        "lost: the network between Twilio and the edge, the ingress's time-outs, or a killed edge.",
        ("ParleyCallsLost",),
    )
    query = Query(_AGENTS.per_minute(STREAMS_CLOSED, "reason"), "{{reason}}")
    return graph("Media streams ended", help_, [query], PER_MINUTE, stacked=True)


def _frames() -> Panel:
    help_ = Help(
        "Audio frames that arrive per open media stream; Twilio sends one per 20 ms. Beside it, messages "
        "that were skipped as invalid.",
        "50 per second and stream; no invalid messages.",
        "fewer frames: packets are lost before Twilio, or the edge cannot keep up (event-loop delay).",
    )
    streams = _AGENTS.gauge("sum", CALLS, where={"stage": '="edge"'})
    queries = [
        Query(f"{_AGENTS.rate(MEDIA_FRAMES)} / ({streams} > 0)", "frames per stream"),
        Query(_AGENTS.per_second(MEDIA_MESSAGES_INVALID), "invalid messages"),
    ]
    return graph("Audio frames", help_, queries, PER_SECOND)


def _failed_streams() -> Panel:
    help_ = Help(
        "Media streams that Twilio could not open, by Twilio's error code.",
        "0 (the series none).",
        "look the code up in Twilio's error dictionary; 31920 and 31921: the handshake with the edge.",
        ("ParleyMediaStreamsFail",),
    )
    query = Query(_AGENTS.events(STREAMS_FAILED, "code", window=WINDOW), "{{code}}")
    return graph("Media streams that could not be opened", help_, [query], COUNT, bars=True)


def _webhooks() -> Panel:
    help_ = Help(
        "Requests to the edge by route and HTTP status.",
        "only status 200 and 204.",
        "403: signatures (wrong auth token or public URL); 5xx: read the edge's log.",
        ("ParleyWebhookErrors",),
    )
    query = Query(_AGENTS.per_minute(WEBHOOKS, "route", "status"), "{{route}} {{status}}")
    return graph("Webhook requests", help_, [query], PER_MINUTE)


def _refused() -> Panel:
    help_ = Help(
        "Requests and media streams that were not signed by Twilio.",
        "0, apart from scanners of the Internet.",
        "all requests refused: PARLEY_TWILIO_AUTH_TOKEN or the public URL is not the one Twilio uses.",
        ("ParleySignaturesRefused",),
    )
    query = Query(_AGENTS.per_minute(SIGNATURES_REFUSED), "refused")
    return graph("Refused signatures", help_, [query], PER_MINUTE)


def _certificates() -> Panel:
    help_ = Help(
        "Time until the certificate of each public address expires. Empty without TLS.",
        "more than 14 days.",
        "renew it; calls fail from the moment it expires.",
        ("ParleyCertificateExpiry", "ParleyCertificateNotIssued"),
    )
    query = Query(f"min by (host) ({_AGENTS.select(CERTIFICATE_EXPIRY)}) - time()", "{{host}}")
    steps = ((3 * 86400, ORANGE), (14 * 86400, "green"))
    return bars("Certificates expire in", help_, query, SECONDS, steps=steps, base=RED, no_value="no TLS")
