"""The report of the drill."""

from bench.alert_drill.drill import Result
from bench.alert_drill.monitoring import Alert
from bench.alert_drill.report import markdown

PAGE, TICKET = Alert("ParleyBusDown", "page"), Alert("ParleyNoCalls", "ticket")


def test_results_and_reasons_are_listed() -> None:
    result = Result(PAGE, "NATS is frozen", fired_s=3.4, resolved_s=6.0, delivered="yes")
    text = markdown([result], 60, [PAGE, TICKET], "a day")
    assert "| ParleyBusDown | page | NATS is frozen | 3 | yes | 6 |" in text
    assert "| ParleyNoCalls | ticket | compares with the calls of a week ago |" in text
    assert text.count("ParleyBusDown") == 1


def test_an_alert_that_did_not_fire_is_not_complete() -> None:
    result = Result(PAGE, "NATS is frozen")
    assert not result.is_complete
    assert "| never | no | never |" in markdown([result], 60, [PAGE], "a day")


def test_an_alert_that_fired_before_is_not_complete() -> None:
    result = Result(PAGE, "NATS is frozen", fired_s=0.0, resolved_s=1.0, fired_before=True)
    assert not result.is_complete
    assert "0 (fired before)" in markdown([result], 60, [PAGE], "a day")


def test_a_resolution_may_take_too_long_to_wait_for() -> None:
    result = Result(PAGE, "x", fired_s=1.0, resolution_not_awaited=True)
    assert result.is_complete
    assert "| not awaited |" in markdown([result], 60, [PAGE], "a day")
