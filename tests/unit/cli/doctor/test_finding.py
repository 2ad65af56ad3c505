"""Tests of findings."""

from cli.doctor.finding import Finding, Latency, Reporter


def test_a_latency_over_the_budget_is_a_note() -> None:
    """A call works, but its callers wait."""
    found: list[Finding] = []
    reporter = Reporter("openai", found.append)
    reporter.ok("llm", "slow", Latency("first token", 400, 220))
    reporter.ok("llm", "fast", Latency("first token", 220, 220), Latency("connection", 900))

    assert [finding.state for finding in found] == ["note", "ok"]
    assert str(found[0].latencies[0]) == "first token after 400 ms (budget 220 ms)"
    assert str(found[1].latencies[1]) == "connection after 900 ms"
