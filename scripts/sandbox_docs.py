"""Write the tables of docs/sandbox.md: `python -m scripts.sandbox_docs`."""

import re
from collections.abc import Mapping
from pathlib import Path

from sandbox.openai import realtime_faults
from sandbox.openai.models import Family, families
from sandbox.openai.realtime import models as realtime_models
from sandbox.openai.servers.registry import SERVERS

PAGE = Path(__file__).parents[1] / "docs" / "sandbox.md"


def tables() -> Mapping[str, str]:
    """The generated tables by their names in the page."""
    return {
        "models": _models_table(),
        "servers": _servers_table(),
        "realtime models": _realtime_models_table(),
        "realtime faults": _realtime_faults_table(),
    }


def page(text: str) -> str:
    """Replace each table between its markers `<!-- generated: NAME -->` and `<!-- end -->`."""
    for name, table in tables().items():
        marker = f"<!-- generated: {name} -->\n"
        found = re.findall(rf"{marker}(.*?)<!-- end -->", text, re.DOTALL)
        if len(found) != 1:
            raise ValueError(f"{PAGE.name}: expected one place for the table {name!r}")
        text = text.replace(f"{marker}{found[0]}", f"{marker}{table}")
    return text


def _models_table() -> str:
    rows = [
        "| models | end | effort (default in bold) | tools in Chat Completions |",
        "| --- | --- | --- | --- |",
    ]
    for family in families():
        names = ", ".join(f"`{name}`" for name in family.models)
        end = family.shutdown_date.isoformat() if family.shutdown_date else ""
        rows.append(f"| {names} | {end} | {_efforts(family)} | {_tools(family)} |")
    return "\n".join(rows) + "\n"


def _efforts(family: Family) -> str:
    shown = [f"**{name}**" if name == family.default_effort else name for name in family.efforts]
    return ", ".join([*shown, *(f"{name} (Responses only)" for name in family.responses_efforts)])


def _tools(family: Family) -> str:
    if family.tools_with_reasoning:
        return "yes"
    return "with effort none" if "none" in family.efforts else "no"


def _servers_table() -> str:
    rows = ["| `llm_server` | base URL | quirks of every stream |", "| --- | --- | --- |"]
    for server in SERVERS.values():
        quirks = ", ".join(f"`{name}`" for name in sorted(server.quirks))
        rows.append(f"| `{server.name}` | `http://127.0.0.1:9003{server.paths[0]}` | {quirks} |")
    return "\n".join(rows) + "\n"


def _realtime_models_table() -> str:
    rows = ["| models | end | use |", "| --- | --- | --- |"]
    for family in realtime_models.families():
        names = ", ".join(f"`{name}`" for name in family.models)
        end = family.shutdown_date.isoformat() if family.shutdown_date else ""
        rows.append(f"| {names} | {end} | {_use(family)} |")
    return "\n".join(rows) + "\n"


def _use(family: realtime_models.RealtimeFamily) -> str:
    if not family.transcribes:
        return "speech-to-speech; can reason" if family.reasons else "speech-to-speech"
    return (
        "transcription while the caller speaks, without turn detection" if family.streams else "transcription"
    )


def _realtime_faults_table() -> str:
    rows = ["| fault | effect |", "| --- | --- |"]
    rows += [f"| `{name}` | {text} |" for name, text in realtime_faults.documented().items()]
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
