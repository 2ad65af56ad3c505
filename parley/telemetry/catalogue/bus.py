"""Metrics of NATS as each process sees it."""

from parley.telemetry.catalogue.metric import EVERY_SERVICE, counter, gauge, histogram

BUS_DELAY_BUCKETS_S = (0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1.0)

BUS_CONNECTED = gauge("parley_bus_connected", "1 while the process is connected to NATS", EVERY_SERVICE)
BUS_RECONNECTS = counter("parley_bus_reconnects_total", "Reconnections to NATS", EVERY_SERVICE)
BUS_DELAY = histogram(
    "parley_bus_delay_seconds",
    "Delay of an event from its publication until it is read, by publishing stage; wall clocks",
    EVERY_SERVICE,
    BUS_DELAY_BUCKETS_S,
    "stage",
)
BUS_MESSAGES_DROPPED = counter(
    "parley_bus_messages_dropped_total",
    "Live messages dropped because a reader was too slow (slow consumer)",
    EVERY_SERVICE,
)
EVENTS_UNACKED = gauge(
    "parley_events_unacked", "Published events that the stream has not acknowledged", EVERY_SERVICE
)
STREAM_USAGE = gauge(
    "parley_stream_usage_ratio",
    "Used share of a stream's byte limit",
    EVERY_SERVICE,
    "stream",
    stream="CALLS, AUDIO, STATE, WORK, KV_AGENTS",
)
STREAM_BYTES = gauge("parley_stream_bytes", "Size of a stream", EVERY_SERVICE, "stream")
STREAM_MESSAGES = gauge("parley_stream_messages", "Messages in a stream", EVERY_SERVICE, "stream")
STREAM_REPLICAS_LAGGING = gauge(
    "parley_stream_replicas_lagging",
    "Replicas of a stream that are offline or not current",
    EVERY_SERVICE,
    "stream",
)
WORK_PENDING = gauge(
    "parley_work_pending", "Calls that wait for a worker of the stage", EVERY_SERVICE, "stage"
)
WORK_IN_PROGRESS = gauge(
    "parley_work_in_progress", "Calls that a worker of the stage has claimed", EVERY_SERVICE, "stage"
)
WORK_WORKERS = gauge(
    "parley_work_waiting_workers", "Open requests of workers for further calls", EVERY_SERVICE, "stage"
)
JETSTREAM_STORAGE_USAGE = gauge(
    "parley_jetstream_storage_usage_ratio",
    "Used share of the account's file storage limit; absent without a limit",
    EVERY_SERVICE,
)
