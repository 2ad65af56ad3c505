"""The stored form of a stage's states after a prefix of a call's log. No I/O."""

import zlib
from typing import Any

from google.protobuf.message import DecodeError

from parley.events.fencing import EventFence
from parley.events.fold import Fold
from parley.events.prefix_fold import PrefixFold, States
from parley.events.settled_order import SettledOrder
from parley.events.state_codec import StateNotReadable
from parley.telemetry.counts import MessageCounts
from parley.v1.snapshot_pb2 import FoldedState, Snapshot

_CHECKSUM_BYTES = 4


class SnapshotNotReadable(Exception):
    """The snapshot was damaged, or written by another version; the message is the reason."""


async def dump_snapshot(prefix: PrefixFold, call_sid: str, stage: str) -> bytes:
    """The states of a prefix, all of which are storable, as bytes."""
    snapshot = Snapshot(
        call_sid=call_sid, stage=stage, position=prefix.position, admitted=prefix.fence.dump()
    )
    for fold, state in zip(prefix.states.folds, prefix.states.values, strict=True):
        await prefix.slices.breathe()
        if fold.codec is not None:
            data = fold.codec.encode(state)
            snapshot.states.append(FoldedState(name=fold.name, version=fold.codec.version, data=data))
    stored = snapshot.SerializeToString()
    return zlib.crc32(stored).to_bytes(_CHECKSUM_BYTES, "big") + stored


def load_snapshot(
    data: bytes, call_sid: str, stage: str, start: PrefixFold, counts: MessageCounts
) -> PrefixFold:
    """The prefix that was dumped for a stage of a call.

    `start` is the prefix without events, with the same folds. `counts` counts the events discarded from now
    on.

    Raises:
        SnapshotNotReadable: a checksum, the call, or the version of a state is wrong.
    """
    snapshot = _parsed(data)
    if (snapshot.call_sid, snapshot.stage) != (call_sid, stage):
        raise SnapshotNotReadable("other_call")
    stored = {state.name: state for state in snapshot.states}
    folds = start.states.folds
    values = tuple(_value(fold, stored.get(fold.name)) for fold in folds)
    return PrefixFold(
        States(folds, values),
        EventFence.load(snapshot.admitted),
        SettledOrder(EventFence.load(snapshot.admitted, counts), position=snapshot.position),
        start.slices,
        last_read=snapshot.position,
    )


def _parsed(data: bytes) -> Snapshot:
    stored = data[_CHECKSUM_BYTES:]
    if len(data) <= _CHECKSUM_BYTES or zlib.crc32(stored) != int.from_bytes(data[:_CHECKSUM_BYTES], "big"):
        raise SnapshotNotReadable("damaged")
    try:
        return Snapshot.FromString(stored)
    except DecodeError:
        raise SnapshotNotReadable("damaged") from None


def _value(fold: Fold[Any], stored: FoldedState | None) -> Any:
    if fold.codec is None or stored is None or stored.version != fold.codec.version:
        raise SnapshotNotReadable("other_version")
    try:
        return fold.codec.decode(stored.data)
    except StateNotReadable:
        raise SnapshotNotReadable("damaged") from None
