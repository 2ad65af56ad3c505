"""A dashboard numbers its panels in reading order and lets them share the width of a line."""

from scripts.dashboards.layout import Section, build
from scripts.dashboards.panels import Help, statistic

HELP = Help("a", "b", "c")


def test_panels_share_the_width_and_are_numbered() -> None:
    lines = [[statistic(name, HELP, "x") for name in "ab"], [statistic("c", HELP, "x")]]
    page = build("id", "Title", "Text", (), [Section("One", lines)])
    assert page.panels is not None
    assert [panel.id_val for panel in page.panels] == [1, 2, 3, 4]
    assert [panel.grid_pos.w for panel in page.panels if panel.grid_pos] == [24, 12, 12, 24]


def test_every_dashboard_has_its_data_source_and_links() -> None:
    page = build("id", "Title", "Text", (), [])
    assert page.templating.list_val is not None
    assert [variable.name for variable in page.templating.list_val] == ["datasource", "namespace", "docs"]
    assert page.links is not None
    assert [link.title for link in page.links] == ["Parley", "Guide"]
