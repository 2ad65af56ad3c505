"""The NATS configuration of the streams and of each stage's consumer. No I/O."""

from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)

from parley.bus import streams, subjects
from parley.failover_timing import ACK_WAIT_S

_MAX_HISTORY = 64
"""Messages of one key that a bucket keeps; the maximum of NATS."""
_MAX_PER_SUBJECT = {"limits": -1, "work": 1, "latest": 1, "bucket": _MAX_HISTORY}


def consumer_name(stage: str) -> str:
    """Name of the consumer that all workers of a stage share."""
    return f"{stage}-workers"


def stream_config(stream: streams.Stream, replicas: int) -> StreamConfig:
    """Configuration of a stream with the given number of replicas."""
    work = stream.retention == "work"
    return StreamConfig(
        name=stream.name,
        subjects=list(stream.subjects),
        retention=RetentionPolicy.WORK_QUEUE if work else RetentionPolicy.LIMITS,
        storage=StorageType.FILE if stream.storage == "file" else StorageType.MEMORY,
        max_age=stream.max_age_s,
        max_bytes=stream.max_bytes,
        duplicate_window=stream.duplicate_window_s,
        discard=DiscardPolicy.NEW if stream.retention in ("work", "bucket") else DiscardPolicy.OLD,
        # One message for each stage of a call, however often the webhook is repeated; the newest state.
        max_msgs_per_subject=_MAX_PER_SUBJECT[stream.retention],
        discard_new_per_subject=work,
        # As NATS' clients expect of a bucket.
        allow_rollup_hdrs=stream.retention == "bucket",
        deny_delete=stream.retention == "bucket",
        allow_direct=True,
        num_replicas=replicas,
    )


def consumer_config(stage: subjects.Stage) -> ConsumerConfig:
    """Configuration of the consumer that all workers of a stage share."""
    return ConsumerConfig(
        durable_name=consumer_name(stage),
        filter_subject=subjects.work_filter(stage),
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        deliver_policy=DeliverPolicy.ALL,
        max_deliver=-1,
        max_ack_pending=100_000,
        max_waiting=512,
    )
