"""A short form of the growth benchmark: an event after an hour costs what it costs after a minute."""

from bench.growth.fold_costs import measure_folds


def test_an_event_costs_the_same_after_an_hour() -> None:
    """The bounds are generous, because other processes disturb the times; before, the ratio was 7."""
    first, last = measure_folds([1, 60], repeats=5, progress_ms=5000)

    assert last.events > 20 * first.events
    assert last.us_per_event["brain"] < 2 * first.us_per_event["brain"] + 10
    assert last.us_per_event["stt"] < 2 * first.us_per_event["stt"] + 10
    assert last.us_per_event["facts"] < 2 * first.us_per_event["facts"] + 10
    assert last.state_bytes < 100_000
    assert last.prompt_characters < 20_000
