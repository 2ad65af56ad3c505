"""Pages of the pictures: their height and their data."""

from scripts.dashboards.draw import content, height


def test_the_height_reaches_below_the_last_panel() -> None:
    panels = [{"gridPos": {"y": 1, "h": 4}}, {"gridPos": {"y": 5, "h": 8}}]
    assert height({"panels": panels}) == 92 + 13 * 38 + 8


def test_a_page_has_the_results_of_its_dashboard_only() -> None:
    data = {
        "start": 1,
        "end": 2,
        "step": 1,
        "results": [{"dashboard": "a", "legend": "</script>"}, {"dashboard": "b", "legend": "other"}],
    }
    page = content({"uid": "a"}, ["A"], data)
    assert "other" not in page
    assert page.count("</script>") == 2, "data must not end the script"
