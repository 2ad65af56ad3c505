"""Tests of leak detection."""

from bench.soak.leaks import ResourceUsage, find_leaks

BEFORE = ResourceUsage({"stt": 100.0}, {"stt": 20.0}, {"stt": 9.0}, {"subscriptions": 80.0, "work": 0.0})


def test_an_unchanged_system_has_no_leaks() -> None:
    """Slightly more memory and more pooled connections are allowed."""
    assert list(find_leaks(BEFORE, BEFORE)) == []
    assert list(find_leaks(BEFORE, ResourceUsage({"stt": 130}, {"stt": 24}, {"stt": 10}, BEFORE.bus))) == []


def test_each_kind_of_leak_is_named() -> None:
    """The message names the resource and the process."""
    after = ResourceUsage({"stt": 160}, {"stt": 30}, {"stt": 40}, {"subscriptions": 81, "work": 0})

    assert list(find_leaks(BEFORE, after)) == [
        "memory_mb of stt: 100 before, 160 after",
        "sockets of stt: 20 before, 30 after",
        "tasks of stt: 9 before, 40 after",
        "bus of subscriptions: 80 before, 81 after",
    ]
