"""Tests of the parsing of log lines."""

from cli.log_lines import LogLine, LogWatch, parse


def test_json_lines_show_event_and_details() -> None:
    """Time and service are omitted: the display has columns for them."""
    line = parse("stt", '{"service":"stt","event":"ready","level":"info","timestamp":"x","http_port":1}')

    assert line == LogLine("stt", "info", "ready http_port=1")


def test_faults_in_other_lines_are_recognized() -> None:
    """A stack trace counts as an error although it is not JSON."""
    assert not parse("nats", "[1] 2026/01/01 [INF] Server is ready").is_error
    assert parse("stt", "Traceback (most recent call last):").is_error


def test_errors_are_collected_and_all_lines_are_shown() -> None:
    """The collected errors are reported at the end of the demo."""
    shown: list[LogLine] = []
    watch = LogWatch(shown.append)
    watch("a", '{"level":"error","event":"x"}')
    watch("a", '{"level":"info","event":"y"}')

    assert [line.text for line in watch.errors] == ["x"]
    assert len(shown) == 2
