"""The committed dashboards and their queries."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scripts.dashboards.write import FOLDER

_VARIABLE = re.compile(r"\$\{?(\w+)\}?")


@dataclass(frozen=True, slots=True)
class Target:
    """One query of a panel."""

    dashboard: str
    panel: str
    ref: str
    expr: str
    legend: str
    instant: bool
    kind: str
    """The panel's type, as `timeseries`."""
    exemplars: bool = False

    @property
    def name(self) -> str:
        """Name for a test's report."""
        return f"{self.dashboard}: {self.panel} {self.ref}"

    def with_values(self, values: Mapping[str, str]) -> str:
        """The query with the dashboard's variables replaced; raises KeyError for an unknown variable."""
        return _VARIABLE.sub(lambda match: values[match[1]], self.expr)


def read(folder: Path = FOLDER) -> dict[str, Any]:
    """All dashboards by the name of their file."""
    return {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def panels(dashboard: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Panels of a dashboard, without the headings."""
    yield from (panel for panel in dashboard["panels"] if panel["type"] != "row")


def targets(folder: Path = FOLDER) -> Iterator[Target]:
    """Queries of all dashboards."""
    for dashboard in read(folder).values():
        for panel in panels(dashboard):
            for target in panel["targets"]:
                yield Target(
                    dashboard["uid"],
                    panel["title"],
                    target["refId"],
                    target["expr"],
                    target.get("legendFormat", ""),
                    target.get("instant", False),
                    panel["type"],
                    target.get("exemplar", False),
                )


def variables(folder: Path = FOLDER) -> set[str]:
    """Names of the variables of all dashboards."""
    pages = read(folder).values()
    return {variable["name"] for page in pages for variable in page["templating"]["list"]}
