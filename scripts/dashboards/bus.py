"""The dashboard of the bus: NATS as each process sees it, its streams and its work queues."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from parley.telemetry.catalogue.bus import (
    BUS_CONNECTED,
    BUS_DELAY,
    BUS_MESSAGES_DROPPED,
    BUS_RECONNECTS,
    EVENTS_UNACKED,
    JETSTREAM_STORAGE_USAGE,
    STREAM_BYTES,
    STREAM_MESSAGES,
    STREAM_REPLICAS_LAGGING,
    STREAM_USAGE,
    WORK_IN_PROGRESS,
    WORK_PENDING,
)
from parley.telemetry.catalogue.survival import EVENTS_RESENT
from scripts.dashboards.calls import STAGE, of_stage
from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Help, Panel, Query, graph, heat_map, statistic
from scripts.dashboards.promql import RANGE, WINDOW, Scope, or_zero
from scripts.dashboards.style import BYTES, COUNT, ORANGE, PER_MINUTE, RED, SECONDS, SHARE

_SCOPE = Scope()
_STAGES = Scope(("stage",))


def bus() -> Dashboard:
    """Connections, delays, streams, work queues and slow consumers."""
    return build(
        "parley-bus",
        "Parley / Bus",
        "NATS as the services see it: connections, delay, streams, work queues and slow consumers.",
        (STAGE,),
        (
            Section("At a glance", [_statistics()]),
            Section("Connections and delay", [[_delay(), _heat_map()], [_reconnects(), _unacked()]]),
            Section("Streams", [[_usage(), _bytes()], [_messages(), _replicas()]]),
            Section("Work queues", [[_claimed(), _pending()]]),
            Section("Lost on the way", [[_dropped(), _resent()]]),
        ),
    )


def _statistics() -> list[Panel]:
    return [
        statistic(
            "Disconnected processes",
            Help(
                "Processes without a connection to NATS now.",
                "0.",
                "look at the NATS servers, then at network policies and credentials.",
                ("ParleyBusDisconnected", "ParleyBusDown"),
            ),
            or_zero(f"count({_SCOPE.select(BUS_CONNECTED)} == 0)"),
            steps=((1, RED),),
        ),
        statistic(
            "Event delay p99",
            Help(
                "Delay of events from publication until they are read, p99; wall clocks of both machines.",
                "below 20 ms.",
                "NATS's disks or CPU, or readers whose event loop is late.",
                ("ParleyBusSlow",),
            ),
            _STAGES.quantile(0.99, BUS_DELAY, window=RANGE),
            SECONDS,
            steps=((0.02, ORANGE), (0.1, RED)),
            no_value="no events",
        ),
        stream_usage(),
        statistic(
            "Messages dropped",
            Help(
                "Live messages that were dropped because a reader was too slow (slow consumer).",
                "0.",
                "the reading process needs CPU; audio is retransmitted, events are read from the log.",
                ("ParleySlowConsumer",),
            ),
            _SCOPE.events(BUS_MESSAGES_DROPPED),
            decimals=0,
            steps=((1, RED),),
        ),
        statistic(
            "Replicas behind",
            Help(
                "Replicas of streams that are offline or not current.",
                "0.",
                "look at the NATS servers: losing one more may lose the stream.",
                ("ParleyStreamReplicasLagging",),
            ),
            or_zero(f"sum({_SCOPE.gauge('max', STREAM_REPLICAS_LAGGING, 'stream')})"),
            steps=((1, RED),),
        ),
        statistic(
            "Storage used",
            Help(
                "Used share of the account's file storage limit. No limit: the account has none.",
                "below 70 %.",
                "raise the limit or the disk, or shorten the age of the streams.",
                ("ParleyJetStreamStorage",),
            ),
            _SCOPE.gauge("max", JETSTREAM_STORAGE_USAGE),
            SHARE,
            decimals=0,
            steps=((0.7, ORANGE), (0.85, RED)),
            no_value="no limit",
        ),
    ]


def stream_usage() -> Panel:
    """Used share of the fullest stream."""
    help_ = Help(
        "Used share of the byte limit of the fullest stream.",
        "below 70 %.",
        "WORK and CALLS refuse new messages when full; raise the limit or remove what holds messages back.",
        ("ParleyStreamNearLimit",),
    )
    steps = ((0.7, ORANGE), (0.85, RED))
    return statistic(
        "Fullest stream", help_, _SCOPE.gauge("max", STREAM_USAGE), SHARE, decimals=1, steps=steps
    )


def _delay() -> Panel:
    help_ = Help(
        "Delay of events from publication until they are read, by publishing stage.",
        "p95 below 10 ms.",
        "one stage: its machine's clock or CPU; all: NATS.",
        ("ParleyBusSlow",),
    )
    query = Query(_STAGES.quantile(0.95, BUS_DELAY, "stage"), "{{stage}}")
    return graph("Event delay p95 by publisher", help_, [query], SECONDS, steps=((0.02, ORANGE), (0.1, RED)))


def _heat_map() -> Panel:
    help_ = Help(
        "How many events were read after how long.",
        "one band at a few milliseconds.",
        "a second band: one reader or one server is slow.",
    )
    rate = f"rate({_STAGES.select(BUS_DELAY, '_bucket')}[{WINDOW}])"
    return heat_map("Distribution of event delay", help_, f"sum by (le) ({rate})")


def _reconnects() -> Panel:
    help_ = Help(
        "Reconnections to NATS, by stage.",
        "0; one per process when a server restarts.",
        "repeated: the network, the server's limits, or a process that is too slow.",
        ("ParleyBusReconnects",),
    )
    series = _SCOPE.select(BUS_RECONNECTS)
    query = Query(f"sum by (stage) ({of_stage(f'increase({series}[{WINDOW}])')})", "{{stage}}")
    return graph("Reconnections", help_, [query], COUNT, bars=True)


def _unacked() -> Panel:
    help_ = Help(
        "Published events that the stream has not acknowledged, by stage.",
        "a few.",
        "rising: NATS does not store; calls go on, and events are published again.",
        ("ParleyEventsUnacked",),
    )
    query = Query(f"sum by (stage) ({of_stage(_SCOPE.select(EVENTS_UNACKED))})", "{{stage}}")
    return graph("Events without acknowledgement", help_, [query], COUNT, steps=((100, ORANGE),))


def _usage() -> Panel:
    help_ = Help(
        "Used share of each stream's byte limit.",
        "below 70 %. AUDIO may be near 100 %: it drops its oldest audio.",
        "CALLS and WORK: raise PARLEY_CALLS_STREAM_MAX_BYTES, or see what is not removed.",
        ("ParleyStreamNearLimit",),
    )
    query = Query(_SCOPE.gauge("max", STREAM_USAGE, "stream"), "{{stream}}")
    steps = ((0.7, ORANGE), (0.85, RED))
    return graph("Used share of streams", help_, [query], SHARE, steps=steps)


def _bytes() -> Panel:
    help_ = Help("Size of each stream.", "follows the calls.", "see Used share of streams.")
    query = Query(_SCOPE.gauge("max", STREAM_BYTES, "stream"), "{{stream}}")
    return graph("Size of streams", help_, [query], BYTES)


def _messages() -> Panel:
    help_ = Help(
        "Messages in each stream.",
        "WORK: stages times calls in progress.",
        "WORK without calls: work that nobody finishes; see Stages abandoned on Survival.",
        ("ParleyRecordsPending",),
    )
    query = Query(_SCOPE.gauge("max", STREAM_MESSAGES, "stream"), "{{stream}}")
    return graph("Messages in streams", help_, [query], COUNT)


def _replicas() -> Panel:
    help_ = Help(
        "Replicas of each stream that are offline or not current.",
        "0; also with a single server.",
        "look at that server: disk, memory, network.",
        ("ParleyStreamReplicasLagging",),
    )
    query = Query(_SCOPE.gauge("max", STREAM_REPLICAS_LAGGING, "stream"), "{{stream}}")
    return graph("Replicas behind by stream", help_, [query], COUNT)


def _claimed() -> Panel:
    help_ = Help(
        "Calls of the work queue that a worker of the stage has claimed. The autoscaler counts these and "
        "the waiting ones.",
        "equals the calls in progress.",
        "far above: owners hold calls that have ended.",
    )
    query = Query(_STAGES.gauge("max", WORK_IN_PROGRESS, "stage"), "{{stage}}")
    return graph("Claimed calls", help_, [query], COUNT)


def _pending() -> Panel:
    help_ = Help(
        "Calls of the work queue that wait for a worker of the stage.",
        "0.",
        "the stage is full, or has no ready process.",
        ("ParleyCallsWaitForWorkers", "ParleyStageMissing"),
    )
    query = Query(_STAGES.gauge("max", WORK_PENDING, "stage"), "{{stage}}")
    return graph("Waiting calls", help_, [query], COUNT)


def _dropped() -> Panel:
    help_ = Help(
        "Live messages that were dropped because a reader was too slow (slow consumer).",
        "0.",
        "give the process CPU, or fewer calls.",
        ("ParleySlowConsumer",),
    )
    series = _SCOPE.select(BUS_MESSAGES_DROPPED)
    query = Query(f"60 * sum by (stage) ({of_stage(f'rate({series}[{WINDOW}])')})", "{{stage}}")
    return graph("Dropped messages", help_, [query], PER_MINUTE)


def _resent() -> Panel:
    help_ = Help(
        "Events that were published again because the stream had not acknowledged them.",
        "0.",
        "follows a NATS failure; steady: NATS is too slow.",
        ("ParleyEventsUnacked",),
    )
    series = _SCOPE.select(EVENTS_RESENT)
    query = Query(f"60 * sum by (stage) ({of_stage(f'rate({series}[{WINDOW}])')})", "{{stage}}")
    return graph("Resent events", help_, [query], PER_MINUTE)
