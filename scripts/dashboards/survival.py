"""The survival dashboard: takeovers, handovers, resumed streams and retransmission."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.calls import CALLS_ENDED, CALLS_ENDED_BY_CLOCK, STREAM_RESUME, STREAMS_CLOSED
from parley.telemetry.catalogue.recording import (
    RECORD_DELAY,
)
from parley.telemetry.catalogue.survival import (
    AUDIO_GAPS,
    AUDIO_RETRANSMITTED,
    CLAIMS,
    DRAINING,
    EPOCH,
    EVENTS_RESENT,
    LEASES_ENDED,
    MESSAGES_FENCED,
    SHADOW_DIFFERENCES,
    SNAPSHOTS,
    STAGES_ABANDONED,
    TAKEOVER,
)
from scripts.dashboards import recording
from scripts.dashboards.calls import STAGE, lost_calls, of_stage
from scripts.dashboards.latency import AGENT
from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Help, Panel, Query, graph, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, RED, SECONDS

_SCOPE = Scope(("agent", "stage"))


def survival() -> Dashboard:
    """Calls when processes, streams or servers failed."""
    return build(
        "parley-survival",
        "Parley / Survival",
        "What happened to calls when processes, media streams or servers failed, and during rollouts.",
        (AGENT, STAGE),
        (
            Section("At a glance", [_statistics()]),
            Section(
                "Takeovers",
                [
                    [takeovers(), _takeover_seconds()],
                    [_leases(), _epochs()],
                    [_snapshots(), _ended_by_clock()],
                ],
            ),
            Section("Media streams", [[_lost_streams(), _resume_seconds()]]),
            Section("Audio and events", [[_retransmitted(), _gaps()], [_fenced(), _resent()]]),
            Section("Rollouts", [[_draining(), _shadow()]]),
            Section(
                "Recordings",
                [
                    [recording.stored(), recording.recording_lag()],
                    [recording.failed_writes(), recording.free_disk()],
                ],
            ),
        ),
    )


def _statistics() -> list[Panel]:
    return [
        lost_calls(),
        count_of_takeovers(),
        statistic(
            "Takeover p95",
            Help(
                "From claiming a call of a stopped process until its log was read, p95.",
                "below 0.5 s. none: no takeovers.",
                "look at NATS: reading the log is slow.",
            ),
            _SCOPE.quantile(0.95, TAKEOVER, window=RANGE),
            SECONDS,
            steps=((0.5, ORANGE), (2, RED)),
            no_value="none",
        ),
        statistic(
            "Stages abandoned",
            Help(
                "Stages of calls that were given up after all attempts.",
                "0.",
                "a call makes its owner fail each time: read the log of the stage for that call.",
                ("ParleyStagesAbandoned", "ParleyCallTakenOverRepeatedly"),
            ),
            _SCOPE.events(STAGES_ABANDONED),
            decimals=0,
            steps=((0.5, RED),),
        ),
        statistic(
            "Audio gaps not filled",
            Help(
                "Gaps in a call's audio that could not be filled by retransmission.",
                "0.",
                "words may be missing: look at Bus for disconnections and slow consumers at that time.",
                ("ParleyAudioLost",),
            ),
            _SCOPE.events(AUDIO_GAPS, where={"outcome": '="skipped"'}),
            decimals=0,
            steps=((0.5, RED),),
        ),
        statistic(
            "Records delayed p95",
            Help(
                "From the end of a call until its record was stored, p95.",
                "below 10 s.",
                "look at Postgres and the object store: Recordings below.",
                ("ParleyRecorderBehind",),
            ),
            _SCOPE.quantile(0.95, RECORD_DELAY, window=RANGE),
            SECONDS,
            steps=((10, ORANGE), (60, RED)),
            no_value="no calls ended",
        ),
    ]


def count_of_takeovers() -> Panel:
    """Takeovers in the time range."""
    help_ = Help(
        "Calls whose owner stopped responding and that another process took over.",
        "0; one per call and stage when a process is killed.",
        "many without a known cause: a storm. Look at event-loop delay, memory limits and NATS.",
        ("ParleyTakeoverStorm", "ParleyCallTakenOverRepeatedly"),
    )
    expr = _SCOPE.events(CLAIMS, where={"kind": '="takeover"'})
    return statistic("Takeovers", help_, expr, decimals=0, steps=((1, ORANGE), (50, RED)))


def takeovers() -> Panel:
    """Claimed calls that had an owner before."""
    help_ = Help(
        "Calls that a process of the stage claimed from another: takeover after a failure, handover in a "
        "rollout.",
        "0; handovers during rollouts.",
        "takeovers of one stage: its processes fail or freeze; of all: NATS or the node.",
        ("ParleyTakeoverStorm",),
    )
    where = {"kind": '=~"takeover|handover"'}
    query = Query(_SCOPE.events(CLAIMS, "stage", "kind", window=WINDOW, where=where), "{{stage}} {{kind}}")
    return graph("Takeovers and handovers", help_, [query], COUNT, bars=True)


def _takeover_seconds() -> Panel:
    help_ = Help(
        "From claiming a call that had an owner before until its log was read and folded.",
        "below 0.5 s. Gaps: no takeovers.",
        "long logs or a slow NATS: look at Bus.",
    )
    query = Query(_SCOPE.quantile(0.95, TAKEOVER, "stage"), "{{stage}}", exemplars=True)
    return graph(
        "Takeover p95 by stage",
        help_,
        [query],
        SECONDS,
        steps=((0.5, ORANGE), (2, RED)),
        no_value="no takeovers",
    )


def _leases() -> Panel:
    help_ = Help(
        "How ownerships of calls ended: done with the call, handed over, superseded by another owner, or "
        "failed.",
        "done; handed_over during rollouts.",
        "failed: the stage raised an error, see its log. superseded: the process was frozen or cut off.",
        ("ParleyLeasesFail",),
    )
    query = Query(_SCOPE.per_minute(LEASES_ENDED, "outcome"), "{{outcome}}")
    return graph("Ended ownerships", help_, [query], PER_MINUTE, stacked=True)


def _epochs() -> Panel:
    help_ = Help(
        "Highest epoch of the calls of each stage: how often one call changed its owner.",
        "1, more after takeovers.",
        "a call with a high and rising epoch makes its owners fail one after another.",
        ("ParleyCallTakenOverRepeatedly",),
    )
    return graph("Highest epoch", help_, [Query(_SCOPE.gauge("max", EPOCH, "stage"), "{{stage}}")], COUNT)


def _snapshots() -> Panel:
    help_ = Help(
        "Snapshots of the stages' states: stored during calls, and found by the next owner at a takeover.",
        "stored while calls last several minutes, used at takeovers.",
        "ignored outside a rollout, too_large or unavailable: takeovers of long calls read the whole log.",
    )
    queries = [Query(_SCOPE.per_minute(SNAPSHOTS, "outcome"), "{{outcome}}")]
    return graph("Snapshots", help_, queries, PER_MINUTE)


def _ended_by_clock() -> Panel:
    help_ = Help(
        "Calls whose end nothing reported, so that an edge ended them after a time limit, by reason.",
        "0; max-duration where callers talk for very long.",
        "no-stream: Twilio cannot open streams. twilio-ended: status callbacks do not arrive.",
    )
    queries = [Query(_SCOPE.per_minute(CALLS_ENDED_BY_CLOCK, "reason"), "{{reason}}")]
    return graph("Calls ended by the clock", help_, queries, PER_MINUTE)


def _lost_streams() -> Panel:
    help_ = Help(
        "Media streams that were lost or closed by a drain, and calls that could not be resumed.",
        "0; drained during rollouts.",
        "lost calls: the resumed stream did not open in time; look at the edges and the ingress.",
        ("ParleyCallsLost", "ParleyMediaStreamsFail"),
    )
    where = {"reason": '=~"lost|drained"'}
    queries = [
        Query(_SCOPE.events(STREAMS_CLOSED, "reason", window=WINDOW, where=where), "{{reason}}"),
        Query(_SCOPE.events(CALLS_ENDED, window=WINDOW, where={"reason": '="stream-lost"'}), "lost calls"),
    ]
    return graph("Lost and drained media streams", help_, queries, COUNT, bars=True)


def _resume_seconds() -> Panel:
    help_ = Help(
        "Pause of a call: from the last audio of a lost media stream until the next one was open.",
        "below 3 s. Gaps: nothing was lost.",
        "method rest is slower than redirect: the edge that died could not answer Twilio itself.",
    )
    queries = [
        Query(_SCOPE.quantile(0.5, STREAM_RESUME, "method"), "p50 {{method}}"),
        Query(_SCOPE.quantile(0.95, STREAM_RESUME, "method"), "p95 {{method}}"),
    ]
    steps = ((3, ORANGE), (8, RED))
    return graph("Resumed after", help_, queries, SECONDS, steps=steps, no_value="no lost streams")


def _retransmitted() -> Panel:
    help_ = Help(
        "Audio chunks that were published again, by cause: reconnection to NATS, election of a leader, or "
        "a reader's request.",
        "0 (the series none).",
        "follows a NATS failure; if it repeats, look at Bus.",
        ("ParleyBusReconnects",),
    )
    query = Query(_SCOPE.events(AUDIO_RETRANSMITTED, "cause", window=WINDOW), "{{cause}}")
    return graph("Retransmitted audio chunks", help_, [query], COUNT, bars=True)


def _gaps() -> Panel:
    help_ = Help(
        "Gaps that readers detected in a call's audio: filled by retransmission, or skipped.",
        "0 (the series none); filled after a NATS failure.",
        "skipped: words may be missing from the transcript or the recording.",
        ("ParleyAudioLost",),
    )
    query = Query(_SCOPE.events(AUDIO_GAPS, "outcome", window=WINDOW), "{{outcome}}")
    return graph("Audio gaps", help_, [query], COUNT, bars=True)


def _fenced() -> Panel:
    help_ = Help(
        "Events and audio of a former owner that readers discarded because a newer epoch owns the call.",
        "0 (the series none); some after a frozen process resumes.",
        "steady: a process does not notice that it lost its calls; restart it and report it.",
    )
    query = Query(_SCOPE.events(MESSAGES_FENCED, "kind", window=WINDOW), "{{kind}}")
    return graph("Messages of former owners discarded", help_, [query], COUNT, bars=True)


def _resent() -> Panel:
    help_ = Help(
        "Events that were published again because the stream had not acknowledged them.",
        "0.",
        "NATS answers slowly or not at all: look at Bus.",
        ("ParleyEventsUnacked",),
    )
    query = Query(_SCOPE.events(EVENTS_RESENT, window=WINDOW), "resent")
    return graph("Resent events", help_, [query], COUNT, bars=True)


def _draining() -> Panel:
    help_ = Help(
        "Processes that hand their calls over and stop.",
        "0; one stage after the other during a rollout.",
        "longer than the drain time-out: the stage has no other process with free capacity.",
        ("ParleyDrainStuck",),
    )
    query = Query(f"sum by (stage) ({of_stage(_SCOPE.select(DRAINING))})", "{{stage}}")
    return graph("Draining processes", help_, [query], COUNT)


def _shadow() -> Panel:
    help_ = Help(
        "Decisions of a shadow that differ from the owner's. A shadow is a new version that follows calls "
        "without acting.",
        "0 (the series none); also without shadows.",
        "read the shadow's log before you roll its version out.",
    )
    query = Query(_SCOPE.events(SHADOW_DIFFERENCES, "kind", window=WINDOW), "{{kind}}")
    return graph("Differences of shadows", help_, [query], COUNT, bars=True)
