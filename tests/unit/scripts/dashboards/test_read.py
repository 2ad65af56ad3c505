"""Queries of the committed dashboards, with values for the variables."""

import pytest

from scripts.dashboards.read import Target, targets, variables


def test_variables_are_replaced_in_both_notations() -> None:
    target = Target("d", "p", "A", 'x{a=~"$agent"}[$__range] ${stage}', "", instant=True, kind="stat")
    values = {"agent": ".*", "__range": "1h", "stage": "stt"}
    assert target.with_values(values) == 'x{a=~".*"}[1h] stt'


def test_an_unknown_variable_is_an_error() -> None:
    with pytest.raises(KeyError):
        Target("d", "p", "A", "x{$other}", "", instant=True, kind="stat").with_values({})


def test_every_query_can_be_filled_in() -> None:
    values = dict.fromkeys(variables(), ".*") | {"__range": "1h", "__rate_interval": "1m"}
    assert all("$" not in target.with_values(values) for target in targets())
