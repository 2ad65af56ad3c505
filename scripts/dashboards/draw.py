"""Draw the dashboards with Grafana's own components from real data: `python -m scripts.dashboards.draw`.

Reads build/dashboards.json of `make dashboard-data` and writes docs/images/dashboard-*.png. Needs Node.js and
Chromium; the npm packages are installed into build/.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.dashboards.read import read

ROOT = Path(__file__).parents[2]
SOURCES = Path(__file__).with_name("pictures")
WORK = ROOT / "build" / "dashboard-pictures"
DATA = ROOT / "build" / "dashboards.json"
IMAGES = ROOT / "docs" / "images"
_WIDTH, _UNIT, _TOP = 1600, 38, 92
"""Sizes in pixels, as in page.jsx."""
_TIMEOUT_S = 600.0


def main() -> int:
    """Draw every dashboard; 2 if a program or the data is missing."""
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing or not chromium:
        print(f"dashboard-pictures: {', '.join(missing) or 'chromium'} is not on this machine")
        return 2
    if not DATA.exists():
        print("dashboard-pictures: no build/dashboards.json: run `make dashboard-data`")
        return 2
    _bundle()
    IMAGES.mkdir(parents=True, exist_ok=True)
    data = json.loads(DATA.read_text("utf-8"))
    titles = [page["title"] for page in read().values()]
    for dashboard in read().values():
        file = _draw(chromium, dashboard, titles, data)
        print(f"{file.relative_to(ROOT)}: {file.stat().st_size // 1000} kB")
    return 0


def height(dashboard: Mapping[str, Any]) -> int:
    """Height of a dashboard's picture in pixels."""
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    return _TOP + int(bottom) * _UNIT + 8


def content(dashboard: Mapping[str, Any], titles: list[str], data: Mapping[str, Any]) -> str:
    """The page that draws one dashboard from the results of its queries."""
    picture = {
        "dashboard": dashboard,
        "titles": titles,
        "results": [result for result in data["results"] if result["dashboard"] == dashboard["uid"]],
        "span": {key: data[key] for key in ("start", "end", "step")},
    }
    # Closing a script element within the data would end it.
    script = json.dumps(picture).replace("</", "<\\/")
    return (
        '<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="style.css">'
        '<link rel="stylesheet" href="page.css"><div id="root"></div>'
        f'<script>window.PICTURE = {script}</script><script src="page.js"></script>'
    )


def _bundle() -> None:
    WORK.mkdir(parents=True, exist_ok=True)
    for path in SOURCES.iterdir():
        shutil.copy(path, WORK / path.name)
    (WORK / "page.css").rename(WORK / "style.css")
    # Versions are pinned in package.json; a lock file would name the registry of this machine.
    _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
    build = ("node_modules/.bin/esbuild", "page.jsx", "--bundle", "--minify", "--outfile=page.js")
    _run(
        *build,
        "--loader:.ttf=empty",
        "--alias:react-custom-scrollbars-2=./scrollbars.jsx",
        '--define:process.env.NODE_ENV="production"',
        "--log-level=error",
    )


def _draw(chromium: str, dashboard: Mapping[str, Any], titles: list[str], data: Mapping[str, Any]) -> Path:
    name = dashboard["uid"].removeprefix("parley-")
    page, raw = WORK / f"{name}.html", WORK / f"{name}.png"
    page.write_text(content(dashboard, titles, data), encoding="utf-8")
    # Chromium refuses its sandbox to root.
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    _run(
        *(chromium, "--headless=new", *sandbox, "--hide-scrollbars", "--force-color-profile=srgb"),
        *(f"--window-size={_WIDTH},{height(dashboard)}", "--virtual-time-budget=8000"),
        *(f"--screenshot={raw}", page.as_uri()),
    )
    target = IMAGES / f"dashboard-{name}.png"
    _run("node", "shrink.js", str(raw), str(target))
    return target


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=WORK, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False)
    if done.returncode:
        sys.exit(f"{command[0]} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


if __name__ == "__main__":
    sys.exit(main())
