"""The faults of the drill cover the alerts."""

from bench.alert_drill.blows import BLOWS
from bench.alert_drill.monitoring import Alert
from bench.alert_drill.report import NOT_PROVOKED
from scripts.alert_rules import read_rules, rule_files

ALERTS = {Alert(rule.alert, rule.severity) for rule in read_rules(rule_files()) if rule.alert}
PROVOKED = {alert for blow in BLOWS for alert in blow.alerts}


def test_the_faults_name_existing_alerts() -> None:
    assert PROVOKED <= ALERTS
    assert set(NOT_PROVOKED) <= {alert.name for alert in ALERTS}


def test_each_alert_is_provoked_or_has_a_reason() -> None:
    unprovoked = {alert.name for alert in ALERTS - PROVOKED}
    assert unprovoked <= set(NOT_PROVOKED)


def test_the_names_of_faults_are_distinct() -> None:
    assert len({blow.name for blow in BLOWS}) == len(BLOWS)
