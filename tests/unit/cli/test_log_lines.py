"""The processes' log lines, read."""

from cli.log_lines import LogLine, LogWatch, parse


def test_our_lines_are_told_by_level_and_event() -> None:
    """Time and service are left out: the column beside says them."""
    line = parse("stt", '{"service":"stt","event":"ready","level":"info","timestamp":"x","http_port":1}')

    assert line == LogLine("stt", "info", "ready http_port=1")


def test_other_lines_are_kept_and_faults_told_apart() -> None:
    """A stack trace is an error even though it is no JSON."""
    assert not parse("nats", "[1] 2026/01/01 [INF] Server is ready").is_error
    assert parse("stt", "Traceback (most recent call last):").is_error


def test_errors_are_counted_and_all_is_shown() -> None:
    """A demo asks afterwards."""
    shown: list[LogLine] = []
    watch = LogWatch(shown.append)
    watch("a", '{"level":"error","event":"x"}')
    watch("a", '{"level":"info","event":"y"}')

    assert [line.text for line in watch.errors] == ["x"]
    assert len(shown) == 2
