"""The files of all dashboards."""

import json
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard

from scripts.dashboards.budget import budget
from scripts.dashboards.bus import bus
from scripts.dashboards.calls import calls
from scripts.dashboards.cost import cost
from scripts.dashboards.latency import latency
from scripts.dashboards.overview import overview
from scripts.dashboards.providers import providers
from scripts.dashboards.quality import quality
from scripts.dashboards.survival import survival

FOLDER = Path(__file__).parents[2] / "deploy" / "dashboards"


def dashboards() -> list[Dashboard]:
    """All dashboards in the order of the documentation."""
    limits = budget()
    pages = [overview(limits), latency(limits), calls(), quality(), survival(), providers(), bus(), cost()]
    return list(pages)


def files() -> dict[str, str]:
    """Content of each file by its name."""
    return {f"{page.uid}.json": text(page) for page in dashboards()}


def text(page: Dashboard) -> str:
    """A dashboard as JSON that Grafana imports."""
    return json.dumps(page, cls=JSONEncoder, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def write(folder: Path) -> None:
    """Write every dashboard, and remove files of former ones."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = files()
    for name, content in wanted.items():
        (folder / name).write_text(content, encoding="utf-8")
    for path in folder.glob("*.json"):
        if path.name not in wanted:
            path.unlink()
