"""Panels of stored records and recordings."""

from parley.telemetry.catalogue.calls import CALLS_ENDED
from parley.telemetry.catalogue.recording import (
    RECORDING_LAG,
    RECORDINGS_FREE,
    RECORDS_STORED,
    STORAGE_FAILURES,
)
from scripts.dashboards.panels import Help, Panel, Query, graph
from scripts.dashboards.promql import WINDOW, Scope, or_zero
from scripts.dashboards.style import COUNT, ORANGE, PER_MINUTE, RED, SECONDS, SHARE

_SCOPE = Scope()


def stored() -> Panel:
    """Stored records beside ended calls."""
    help_ = Help(
        "Calls whose record was stored, and the delay after their end.",
        "as many as calls end; delay of a few seconds.",
        "fewer than ended calls: look at failed writes.",
        ("ParleyRecordsPending", "ParleyRecorderBehind"),
    )
    queries = [
        Query(_SCOPE.per_minute(RECORDS_STORED), "stored"),
        Query(_SCOPE.per_minute(CALLS_ENDED), "ended"),
    ]
    return graph("Stored records", help_, queries, PER_MINUTE)


def recording_lag() -> Panel:
    """Audio that is not stored yet."""
    help_ = Help(
        "Length of the oldest audio of a call in progress that is not stored yet, of the latest recorder.",
        "below 20 s.",
        "the recorder or its store is behind: CPU of the recorder, then the object store.",
        ("ParleyRecorderBehind",),
    )
    query = Query(or_zero(_SCOPE.gauge("max", RECORDING_LAG)), "lag")
    return graph("Recording lag", help_, [query], SECONDS, steps=((60, ORANGE), (300, RED)))


def failed_writes() -> Panel:
    """Failed writes by target."""
    help_ = Help(
        "Failed writes to Postgres or to the recordings, each of which is repeated.",
        "0 (the series none).",
        "look at the target; calls go on and records wait in the stream meanwhile.",
        ("ParleyStorageFailures",),
    )
    query = Query(_SCOPE.events(STORAGE_FAILURES, "target", window=WINDOW), "{{target}}")
    return graph("Failed writes", help_, [query], COUNT, bars=True)


def free_disk() -> Panel:
    """Free share of the disk."""
    help_ = Help(
        "Free share of the disk with the recordings. Empty with a bucket.",
        "above 20 %.",
        "delete old recordings or enlarge the volume.",
        ("ParleyRecordingsDisk",),
    )
    query = Query(_SCOPE.gauge("min", RECORDINGS_FREE), "free")
    return graph(
        "Free disk of recordings", help_, [query], SHARE, maximum=1, no_value="recordings are in a bucket"
    )
