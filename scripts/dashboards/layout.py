"""A dashboard of sections: its variables, links, annotations and the places of its panels."""

from collections.abc import Sequence
from dataclasses import dataclass

from grafana_foundation_sdk.builders.dashboard import (
    AnnotationQuery,
    Dashboard,
    DashboardLink,
    DatasourceVariable,
    QueryVariable,
    Row,
    TextBoxVariable,
)
from grafana_foundation_sdk.models import dashboard as models
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    VariableHide,
    VariableOption,
    VariableRefresh,
    VariableSort,
)

from parley.telemetry.catalogue.capacity import BUILD_INFO
from parley.telemetry.catalogue.metric import Metric
from parley.telemetry.catalogue.survival import DRAINING
from scripts.dashboards.panels import SOURCE, Panel

TAG = "parley"
_WIDTH = 24
_DOCS = "https://docs.example.com/parley"


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable that selects series by a label; All matches also series without the label."""

    label: str
    title: str
    metric: Metric
    description: str


@dataclass(frozen=True, slots=True)
class Section:
    """Panels under a heading; each line of panels shares the width equally."""

    title: str
    lines: Sequence[Sequence[Panel]]


NAMESPACE = Variable(
    "namespace", "Namespace", BUILD_INFO, "Kubernetes namespace of the services; All outside Kubernetes."
)


def build(
    uid: str,
    title: str,
    description: str,
    variables: Sequence[Variable],
    sections: Sequence[Section],
) -> models.Dashboard:
    """A dashboard from its sections, with panels numbered in reading order."""
    page = Dashboard(title).uid(uid).description(description).tags([TAG]).editable()
    page.time("now-6h", "now").refresh("30s").timezone("browser").tooltip(DashboardCursorSync.CROSSHAIR)
    page.with_variable(_datasource())
    for variable in (NAMESPACE, *variables):
        page.with_variable(_query_variable(variable))
    page.with_variable(_documentation()).link(_other_dashboards()).link(_guide())
    page.annotation(_restarts()).annotation(_drains())
    number = 0
    for section in sections:
        number += 1
        page.with_row(Row(section.title).id(number))
        for line in section.lines:
            for panel in line:
                number += 1
                page.with_panel(panel.id(number).span(_WIDTH // len(line)))
    return page.build()


def _datasource() -> DatasourceVariable:
    return DatasourceVariable("datasource").label("Prometheus").type("prometheus")


def _query_variable(variable: Variable) -> QueryVariable:
    every = VariableOption(selected=True, text=["All"], value=["$__all"])
    query = f"label_values({variable.metric.name}{_sample_suffix(variable.metric)}, {variable.label})"
    built = QueryVariable(variable.label).label(variable.title).description(variable.description)
    built.query({"query": query, "refId": "variable"}).datasource(SOURCE).current(every)
    built.multi(True).include_all(True).all_value(".*").sort(VariableSort.ALPHABETICAL_ASC)
    return built.refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _sample_suffix(metric: Metric) -> str:
    return "_count" if metric.buckets else ""


def _documentation() -> TextBoxVariable:
    """Address where the runbooks are published; set once for an installation."""
    option = VariableOption(selected=True, text=_DOCS, value=_DOCS)
    built = TextBoxVariable("docs").label("Documentation").default_value(_DOCS).current(option)
    return built.hide(VariableHide.HIDE_VARIABLE).description("Base address that the runbook links use.")


def _other_dashboards() -> DashboardLink:
    link = DashboardLink("Parley").type(DashboardLinkType.DASHBOARDS).tags([TAG]).as_dropdown(False)
    return link.include_vars(True).keep_time(True)


def _guide() -> DashboardLink:
    link = DashboardLink("Guide").type(DashboardLinkType.LINK).url("${docs}/docs/operate/dashboards.md")
    return link.icon("doc").target_blank(True)


def _restarts() -> AnnotationQuery:
    young = 'time() - process_start_time_seconds{namespace=~"$namespace"} < 60'
    expr = f"({young}) and on (job, instance) {BUILD_INFO.name}"
    return _annotation("Process starts", expr, "red")


def _drains() -> AnnotationQuery:
    return _annotation("Drains", f'{DRAINING.name}{{namespace=~"$namespace"}} == 1', "blue")


def _annotation(name: str, expr: str, color: str) -> AnnotationQuery:
    built = AnnotationQuery().name(name).datasource(SOURCE).enable(True).icon_color(color)
    return built.expr(expr)
