"""Metrics of load: how many calls a process carries, how many it can, and how late its event loop is."""

from parley.telemetry.catalogue.metric import EVERY_SERVICE, STAGES, gauge, histogram

_LAG_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0)

CALLS = gauge(
    "parley_calls", "Calls that the process owns, or media streams of an edge", EVERY_SERVICE, "stage"
)
CALLS_LIMIT = gauge(
    "parley_calls_limit", "Calls that the process accepts at most; an edge has no limit", STAGES, "stage"
)
READY = gauge("parley_ready", "1 if the process is ready, as /readyz reports it", EVERY_SERVICE)
EVENT_LOOP_LAG = gauge("parley_event_loop_lag_seconds", "Lateness of the event loop now", EVERY_SERVICE)
EVENT_LOOP_DELAY = histogram(
    "parley_event_loop_delay_seconds", "Lateness of the event loop, sampled", EVERY_SERVICE, _LAG_BUCKETS_S
)
ASYNCIO_TASKS = gauge("parley_asyncio_tasks", "Tasks of the event loop", EVERY_SERVICE)
BUILD_INFO = gauge("parley_build_info", "Always 1; the version is a label", EVERY_SERVICE, "stage", "version")
