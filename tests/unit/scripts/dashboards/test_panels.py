"""Panels carry what an operator needs: explanation, runbooks, colours and lines of the budget."""

from scripts.dashboards.panels import Column, Help, Query, columns, graph, heat_map, statistic

HELP = Help("Calls.", "some.", "look.", ("ParleyNoCalls",))


def test_the_description_has_the_normal_value_and_the_next_step() -> None:
    panel = statistic("Calls", HELP, "x").build()
    assert panel.description == "Calls.\n\n**Normal:** some.\n\n**Otherwise:** look."
    assert panel.links is not None
    assert panel.links[0].url == "${docs}/docs/operate/runbooks/ParleyNoCalls.md"


def test_lines_of_the_budget_are_dashed_and_not_stacked() -> None:
    queries = [Query("y", "{{part}}"), Query("vector(0.4)", "budget p50")]
    panel = graph("Parts", HELP, queries, "s", stacked=True).build()
    assert panel.field_config is not None
    (line,) = [x for x in panel.field_config.overrides if x.matcher.options == "budget p50"]
    values = {value.id_val: value.value for value in line.properties}
    assert values["custom.lineStyle"] == {"fill": "dash", "dash": [10, 6]}
    assert values["custom.stacking"] == {"mode": "none", "group": "budget"}


def test_queries_are_lettered_in_order() -> None:
    panel = graph("Calls", HELP, [Query("x"), Query("y")], "s").build()
    assert panel.targets is not None
    assert [target.to_json()["refId"] for target in panel.targets] == ["A", "B"]  # type: ignore[attr-defined]


def test_a_heat_map_queries_buckets() -> None:
    panel = heat_map("Calls", HELP, "sum by (le) (x)").build()
    assert panel.targets is not None
    assert panel.targets[0].to_json()["format"] == "heatmap"  # type: ignore[attr-defined]


def test_a_table_renames_its_values_and_keeps_their_order() -> None:
    panel = columns("Stages", HELP, ["stage"], [Column("calls", "x"), Column("ready", "y")]).build()
    assert panel.transformations is not None
    assert panel.transformations[-1].options == {
        "excludeByName": {"Time": True},
        "renameByName": {"Value #A": "calls", "Value #B": "ready"},
        "indexByName": {"stage": 0, "Value #A": 1, "Value #B": 2},
    }
