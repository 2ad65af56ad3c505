"""Documents name existing files, commands and log keys; links work; table cells are short."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "docs" / "operate").glob("*.md"),
    ]
)
LINK = re.compile(r"\]\((?!https?://|#)([^)#]+)")
NAMED_PATH = re.compile(r"`([\w.{}-]+(?:/[\w.{}-]+)+\.(?:py|proto|yaml|yml|conf|toml|md))`")
COMMAND = re.compile(r"\bparley ([a-z]+)\b")
OTHER_PROGRAM = re.compile(r"^[`\s]*(?:kubectl|helm)\b.*$", re.MULTILINE)
"""Their release and namespace have the name `parley` too."""
FOLDERS = (
    *("agents", "bench", "cli", "deploy", "docs", "parley"),
    *("proto", "sandbox", "scripts", "services", "tests"),
)
MAX_CELL_WORDS = 40

ids = [str(page.relative_to(ROOT)) for page in PAGES]


def files() -> list[str]:
    """Paths of the repository's code and data, relative to its root."""
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    return [str(path.relative_to(ROOT)) for path in [*found, *ROOT.glob("*")] if path.is_file()]


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links name files of the repository."""
    broken = [
        target for target in LINK.findall(page.read_text("utf-8")) if not (page.parent / target).exists()
    ]

    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_named_files_exist(page: Path) -> None:
    """A path may be shortened to its last parts; files in `build/` are results of programs."""
    existing = files()
    found = NAMED_PATH.findall(page.read_text("utf-8"))
    named = {path for path in found if not any(mark in path for mark in ("{", "NAME", "build/"))}
    unknown = [
        path for path in sorted(named) if not any(f"/{file}".endswith(f"/{path}") for file in existing)
    ]

    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_commands_exist(page: Path) -> None:
    """Every `parley COMMAND` within code is one of the command line."""
    code = re.findall(r"```.*?```|`[^`\n]+`", page.read_text("utf-8"), re.DOTALL)
    named = {name for piece in code for name in COMMAND.findall(OTHER_PROGRAM.sub("", piece))}

    assert named - set(getattr(get_command(app), "commands", {})) == set()


def test_table_cells_are_short() -> None:
    """The architecture can be read in ten minutes."""
    rows = [line for line in (ROOT / "docs/architecture.md").read_text("utf-8").splitlines() if "|" in line]
    cells = [cell for row in rows if row.startswith("|") for cell in row.split("|")]

    assert [cell for cell in cells if len(cell.split()) > MAX_CELL_WORDS] == []


def test_documented_log_keys_are_logged() -> None:
    """`docs/debugging.md` lists keys that operators search for; each stands in the code."""
    page = (ROOT / "docs/debugging.md").read_text("utf-8")
    table = page.partition("## Log keys")[2].partition("\n## ")[0]
    keys = {
        key
        for row in table.splitlines()
        if row.startswith("| `")
        for key in re.findall(r"`(\w+)`", row.split("|")[1])
    }
    code = "\n".join(
        path.read_text("utf-8") for folder in ("parley", "services") for path in (ROOT / folder).rglob("*.py")
    )

    assert keys
    assert [key for key in sorted(keys) if f'"{key}"' not in code] == []
