"""Reads how full the streams are and how much work waits, as NATS reports it."""

from collections.abc import Iterable
from dataclasses import dataclass

from nats.errors import Error as NatsError
from nats.js.api import AccountInfo, ConsumerInfo, StreamInfo, Tier
from nats.js.client import JetStreamContext

from parley.bus import streams, subjects
from parley.bus.shielded import shielded
from parley.bus.stream_config import consumer_name
from parley.errors import BusError


@dataclass(frozen=True, slots=True)
class StreamState:
    """The size of a stream."""

    bytes: int
    messages: int
    usage: float
    """Used share of the byte limit, 0 to 1."""
    lagging_replicas: int
    """Replicas that are offline or not current; 0 on a single server."""


@dataclass(frozen=True, slots=True)
class WorkState:
    """The calls of one stage in the work queue."""

    pending: int
    """Calls that no worker has claimed yet."""
    in_progress: int
    """Calls that were claimed and are not finished, even if the owner has died."""
    workers: int
    """Open requests of workers for another call."""


@dataclass(frozen=True, slots=True)
class BusState:
    """The state of the bus at one time."""

    streams: dict[str, StreamState]
    """By the stream's name."""
    work: dict[str, WorkState]
    """By stage."""
    storage_usage: float | None
    """Used share of the account's file storage, 0 to 1; None without a limit."""


async def read_bus_state(jetstream: JetStreamContext) -> BusState:
    """Read the state of the streams, the work queue and the account.

    Raises:
        BusError: the bus did not reply.
    """
    try:
        of_streams = {s.name: await shielded(jetstream.stream_info(s.name)) for s in streams.STREAMS}
        of_stages = {
            stage: await shielded(jetstream.consumer_info(streams.WORK.name, consumer_name(stage)))
            for stage in subjects.STAGES
        }
        account = await shielded(jetstream.account_info())
    except (NatsError, TimeoutError) as error:
        raise BusError(f"cannot read the state of the streams: {error!r}") from error
    return BusState(
        {name: _stream_state(info) for name, info in of_streams.items()},
        {stage: _work_state(info) for stage, info in of_stages.items()},
        storage_usage(account),
    )


def _stream_state(info: StreamInfo) -> StreamState:
    replicas = (info.cluster.replicas if info.cluster else None) or []
    return StreamState(
        bytes=info.state.bytes,
        messages=info.state.messages,
        usage=info.state.bytes / (info.config.max_bytes or 1),
        lagging_replicas=sum(bool(replica.offline or not replica.current) for replica in replicas),
    )


def _work_state(info: ConsumerInfo) -> WorkState:
    return WorkState(info.num_pending or 0, info.num_ack_pending or 0, info.num_waiting or 0)


def storage_usage(account: AccountInfo) -> float | None:
    """The fullest of the account's limits on file storage, 0 to 1; None without a limit.

    An account has one limit, or one for each number of replicas.
    """
    tiers: Iterable[AccountInfo | Tier] = (account, *(account.tiers or {}).values())
    shares = [found.storage / (found.limits.max_storage or 1) for found in tiers if _is_limited(found)]
    return max(shares, default=None)


def _is_limited(found: AccountInfo | Tier) -> bool:
    # -1 is "unlimited"; an account with tiers has 0 for itself.
    return (found.limits.max_storage or 0) > 0
