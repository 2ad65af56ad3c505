"""The share of the account's storage that is used."""

from typing import cast

import pytest
from nats.js.api import AccountInfo

from parley.bus.bus_state import storage_usage

_USED = {"memory": 0, "storage": 50, "streams": 1, "consumers": 1}
_UNLIMITED = {
    "max_memory": -1,
    "max_storage": -1,
    "max_streams": -1,
    "max_consumers": -1,
    "max_ack_pending": -1,
    "memory_max_stream_bytes": -1,
    "storage_max_stream_bytes": -1,
    "max_bytes_required": False,
}


def account(max_storage: int, **tiers: int) -> AccountInfo:
    """An account with a limit, and with limits by number of replicas."""
    response = {
        **_USED,
        "limits": {**_UNLIMITED, "max_storage": max_storage},
        "api": {"total": 1, "errors": 0},
        "tiers": {name: {**_USED, "limits": {**_UNLIMITED, "max_storage": s}} for name, s in tiers.items()},
    }
    return cast("AccountInfo", AccountInfo.from_response(response))


@pytest.mark.parametrize(
    ("found", "expected"),
    [(account(-1), None), (account(0), None), (account(100), 0.5), (account(0, R1=500, R3=200), 0.25)],
)
def test_the_fullest_limit_counts(found: AccountInfo, expected: float | None) -> None:
    """An account without a limit has no share."""
    assert storage_usage(found) == expected
