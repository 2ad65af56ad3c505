"""Fuzzes each reader and prints a table: python -m tests.fuzz [RUNS]; writes build/fuzz.json."""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.fuzz.all_targets import TARGETS

_RUNS = 200_000
_PROCESSES = 2
_FOLDER = Path("build/fuzz")
_RESULT = Path("build/fuzz.json")
_COVERAGE = re.compile(r"cov: (\d+) ft: (\d+)")


def main(runs: int) -> int:
    """Fuzz all readers; return 1 if one of them has a finding."""
    if importlib.util.find_spec("atheris") is None:
        print("Atheris has no wheel for this system: use Linux on x86-64 with Python 3.11 to 3.13.")  # noqa: T201
        return 2
    with ThreadPoolExecutor(_PROCESSES) as executor:
        results = dict(zip(TARGETS, executor.map(lambda name: _fuzz(name, runs), TARGETS), strict=True))
    _RESULT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    columns = ("inputs", "branches", "features", "crashes", "doubled")
    table = Table("reader", *columns, title="Fuzzing of the readers of providers' answers")
    for name, result in results.items():
        table.add_row(name, *(f"{result[column]:,}" for column in columns))
    Console().print(table)
    return int(any(result["crashes"] or result["doubled"] for result in results.values()))


def _fuzz(name: str, runs: int) -> dict[str, Any]:
    folder = _FOLDER / name.replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    log = folder / "log.txt"
    command = [sys.executable, "-m", "tests.fuzz.run_target", name, str(runs), str(folder)]
    with log.open("wb") as output:
        ended = subprocess.run(command, stdout=output, stderr=output, check=False)
    result_file = folder / "result.json"
    result: dict[str, Any] = {"inputs": 0, "crashes": 1, "doubled": 0}
    if result_file.exists():
        result = json.loads(result_file.read_text("utf-8"))
    else:
        print(f"{name}: the fuzzer ended early with {ended.returncode}; see {log}")  # noqa: T201
    found = _COVERAGE.findall(log.read_text("utf-8", errors="replace")) or [("0", "0")]
    return {**result, "branches": int(found[-1][0]), "features": int(found[-1][1])}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else _RUNS))
