"""Panels as an operator reads them: statistics, graphs, heat maps and tables, each with its explanation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders import bargauge, common, heatmap, stat, table, timeseries
from grafana_foundation_sdk.builders.dashboard import DashboardLink, FieldColor
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.models.common import (
    AxisPlacement,
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    GraphThresholdsStyleMode,
    HeatmapCellLayout,
    LegendDisplayMode,
    LegendPlacement,
    SortOrder,
    StackingMode,
    TooltipDisplayMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    FieldColorModeId,
)
from grafana_foundation_sdk.models.heatmap import HeatmapColorMode
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from scripts.dashboards.style import (
    BUDGET_COLORS,
    COLORS,
    COUNT,
    NONE_COLOR,
    SOFT_MAXIMA,
    Steps,
    series_names,
    thresholds,
)

Panel = stat.Panel | timeseries.Panel | heatmap.Panel | table.Panel | bargauge.Panel
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
RUNBOOKS = "${docs}/docs/operate/runbooks"


@dataclass(frozen=True, slots=True)
class Help:
    """The text of a panel's description."""

    shows: str
    normal: str
    act: str
    """Steps to take when it is not normal."""
    runbooks: tuple[str, ...] = ()
    """Alerts whose runbooks the panel links to."""

    def text(self) -> str:
        """Markdown of the description."""
        return f"{self.shows}\n\n**Normal:** {self.normal}\n\n**Otherwise:** {self.act}"


@dataclass(frozen=True, slots=True)
class Query:
    """A query of a panel and the name of its series."""

    expr: str
    legend: str = "__auto"
    exemplars: bool = False


def statistic(
    title: str,
    help_: Help,
    expr: str,
    unit: str = COUNT,
    *,
    steps: Steps = (),
    base: str = "",
    decimals: int | None = None,
    no_value: str = "none yet",
    sparkline: bool = False,
) -> stat.Panel:
    """One number over the time range, coloured by thresholds."""
    panel = stat.Panel().title(title).unit(unit).no_value(no_value).height(4)
    _describe(panel, help_)
    mode = BigValueGraphMode.AREA if sparkline else BigValueGraphMode.NONE
    panel.graph_mode(mode).color_mode(BigValueColorMode.VALUE).thresholds(
        thresholds(steps, base or ("green" if steps else "text"))
    )
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    if decimals is not None:
        panel.decimals(decimals)
    query = Dataquery().expr(expr).ref_id("A").datasource(SOURCE)
    return panel.with_target(query.range() if sparkline else query.instant())


def graph(
    title: str,
    help_: Help,
    queries: Sequence[Query],
    unit: str,
    *,
    stacked: bool = False,
    bars: bool = False,
    steps: Steps = (),
    maximum: float | None = None,
    no_value: str = "none",
) -> timeseries.Panel:
    """Series over time; thresholds are drawn as dashed lines."""
    panel = timeseries.Panel().title(title).unit(unit).no_value(no_value).height(8).min(0)
    _describe(panel, help_)
    panel.draw_style(GraphDrawStyle.BARS if bars else GraphDrawStyle.LINE).line_width(1 if stacked else 2)
    panel.fill_opacity(70 if stacked or bars else 8).show_points(VisibilityMode.AUTO)
    mode = StackingMode.NORMAL if stacked or bars else StackingMode.NONE
    panel.stacking(common.StackingConfig().mode(mode).group("A"))
    panel.tooltip(common.VizTooltipOptions().mode(TooltipDisplayMode.MULTI).sort(SortOrder.DESCENDING))
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.TABLE).show_legend(True)
    panel.legend(
        legend.placement(LegendPlacement.RIGHT).calcs(["mean", "max"]).sort_by("Max").sort_desc(True)
    )
    if steps:
        panel.thresholds(thresholds(steps, "transparent"))
        panel.thresholds_style(common.GraphThresholdsStyleConfig().mode(GraphThresholdsStyleMode.DASHED))
    if unit in SOFT_MAXIMA:
        panel.axis_soft_max(SOFT_MAXIMA[unit])
    if maximum is not None:
        panel.max(maximum)
    for name in dict.fromkeys(name for query in queries for name in series_names(query.expr, query.legend)):
        panel.override_by_name(name, [_fixed_color(COLORS[name])])
    for query in queries:
        if (absent := re.sub(r"\{\{\w+\}\}", "none", query.legend)) != query.legend:
            panel.override_by_name(absent, [_fixed_color(NONE_COLOR)])
    for name, color in BUDGET_COLORS.items():
        if any(query.legend == name for query in queries):
            panel.override_by_name(name, _dashed(color))
    for index, query in enumerate(queries):
        panel.with_target(_range_query(query, chr(ord("A") + index)))
    return panel


def heat_map(title: str, help_: Help, expr: str, *, unit: str = "s", no_value: str = "none") -> heatmap.Panel:
    """Distribution over time of a histogram's buckets; `expr` is summed by `le`."""
    panel = heatmap.Panel().title(title).height(8).no_value(no_value)
    _describe(panel, help_)
    colors = heatmap.HeatmapColorOptions().mode(HeatmapColorMode.SCHEME).scheme("Oranges").steps(64)
    panel.calculate(False).color(colors).cell_gap(1)
    panel.rows_frame(heatmap.RowsHeatmapOptions().layout(HeatmapCellLayout.LE))
    panel.y_axis(heatmap.YAxisConfig().unit(unit).axis_placement(AxisPlacement.LEFT))
    panel.filter_values(heatmap.FilterValueRange().le(1e-9)).show_legend()
    panel.mode(TooltipDisplayMode.SINGLE).show_y_histogram()
    query = Dataquery().expr(expr).ref_id("A").datasource(SOURCE).range().exemplar(True)
    return panel.with_target(query.format(PromQueryFormat.HEATMAP).legend_format("{{le}}"))


def bars(
    title: str,
    help_: Help,
    query: Query,
    unit: str,
    *,
    steps: Steps = (),
    base: str = "green",
    maximum: float | None = None,
    no_value: str = "none yet",
) -> bargauge.Panel:
    """One bar per series, over the time range."""
    panel = bargauge.Panel().title(title).unit(unit).no_value(no_value).height(8).min(0)
    _describe(panel, help_)
    panel.display_mode(BarGaugeDisplayMode.BASIC).orientation(VizOrientation.HORIZONTAL).show_unfilled(True)
    panel.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    panel.thresholds(thresholds(steps, base))
    if maximum is not None:
        panel.max(maximum)
    if not steps:
        for name in series_names(query.expr, query.legend):
            panel.override_by_name(name, [_fixed_color(COLORS[name])])
    target = Dataquery().expr(query.expr).legend_format(query.legend).ref_id("A").datasource(SOURCE)
    return panel.with_target(target.instant())


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: an instant query whose series have the table's key labels."""

    name: str
    expr: str
    unit: str = COUNT
    steps: Steps = ()
    """Thresholds that colour the cell's text."""


def columns(
    title: str, help_: Help, keys: Sequence[str], values: Sequence[Column], *, no_value: str = "-"
) -> table.Panel:
    """A row per combination of the key labels, a column per query."""
    panel = table.Panel().title(title).no_value(no_value).height(8)
    _describe(panel, help_)
    names = {}
    for index, column in enumerate(values):
        ref = chr(ord("A") + index)
        names[f"Value #{ref}"] = column.name
        query = Dataquery().expr(column.expr).ref_id(ref).datasource(SOURCE)
        panel.with_target(query.instant().format(PromQueryFormat.TABLE))
        panel.override_by_name(column.name, _cell(column))
    panel.with_transformation(DataTransformerConfig("merge", options={}))
    order = {name: index for index, name in enumerate([*keys, *names])}
    organize = {"excludeByName": {"Time": True}, "renameByName": names, "indexByName": order}
    return panel.with_transformation(DataTransformerConfig("organize", options=organize))


def _describe(panel: Panel, help_: Help) -> None:
    panel.description(help_.text()).datasource(SOURCE)
    links = [_runbook(alert) for alert in help_.runbooks]
    if links:
        panel.links([*links])


def _runbook(alert: str) -> DashboardLink:
    link = DashboardLink(f"Runbook {alert}").type(DashboardLinkType.LINK).url(f"{RUNBOOKS}/{alert}.md")
    return link.target_blank(True)


def _range_query(query: Query, ref: str) -> Dataquery:
    target = Dataquery().expr(query.expr).legend_format(query.legend).ref_id(ref).datasource(SOURCE)
    return target.range().exemplar(query.exemplars)


def _fixed_color(color: str) -> DynamicConfigValue:
    value = FieldColor().mode(FieldColorModeId.FIXED).fixed_color(color).build()
    return DynamicConfigValue(id_val="color", value=value)


def _dashed(color: str) -> list[DynamicConfigValue]:
    return [
        _fixed_color(color),
        DynamicConfigValue(id_val="custom.lineStyle", value={"fill": "dash", "dash": [10, 6]}),
        DynamicConfigValue(id_val="custom.lineWidth", value=2),
        DynamicConfigValue(id_val="custom.fillOpacity", value=0),
        DynamicConfigValue(id_val="custom.stacking", value={"mode": "none", "group": "budget"}),
    ]


def _cell(column: Column) -> list[DynamicConfigValue]:
    values = [DynamicConfigValue(id_val="unit", value=column.unit)]
    if column.steps:
        values.append(DynamicConfigValue(id_val="thresholds", value=thresholds(column.steps).build()))
        values.append(DynamicConfigValue(id_val="custom.cellOptions", value={"type": "color-text"}))
    return values
