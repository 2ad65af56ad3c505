"""A short form of the growth benchmark: an event after an hour costs what it costs after a minute."""

from bench.growth.fold_costs import measure_folds


def test_an_event_costs_the_same_after_an_hour() -> None:
    """The bounds are generous, because other processes disturb the times; before, the ratio was 7."""
    first, last = measure_folds([1, 60], repeats=5, progress_ms=5000)

    assert last.events > 20 * first.events
    for fold, before_us in first.us_per_event.items():
        assert last.us_per_event[fold] < 2 * before_us + 10
    assert all(size < 100_000 for size in last.state_bytes.values())
    assert last.prompt_characters < 20_000
