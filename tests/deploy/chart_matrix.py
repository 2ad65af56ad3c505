"""Render and check the chart for every combination of the decisions that depend on each other.

Usage: python -m tests.deploy.chart_matrix [N]

Prints the number of combinations and the seconds that they took; with N, only every Nth combination.
`make test` checks every combination of three decisions.
"""

import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from scripts.deploy_tools import TOOLS
from tests.deploy.chart_check import KUBERNETES_VERSIONS, check
from tests.deploy.matrix import Choice, name_of, product, values_of

_BATCH = 48


def main(arguments: Sequence[str]) -> int:
    """Check all combinations; 0 if no rule found a problem."""
    choices = [*product()][:: int(arguments[0]) if arguments else 1]
    batches = [choices[start : start + _BATCH] for start in range(0, len(choices), _BATCH)]
    started = time.monotonic()
    failed = 0
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for number, found in enumerate(pool.map(_check_all, batches), 1):
            for name, problems in found:
                failed += 1
                print(f"FAILED {name}\n  " + "\n  ".join(problems), flush=True)
            if number % 10 == 0:
                seconds = time.monotonic() - started
                print(f"{number * _BATCH} of {len(choices)} combinations in {seconds:.0f} s", flush=True)
    print(
        f"{len(choices)} combinations of values, validated for Kubernetes {', '.join(KUBERNETES_VERSIONS)}: "
        f"{failed} failed, {time.monotonic() - started:.0f} s"
    )
    return 1 if failed else 0


_seen: dict[str, list[str]] = {}
"""Problems of the objects that this process has validated; they repeat in most combinations."""


def _check_all(choices: Sequence[Choice]) -> list[tuple[str, list[str]]]:
    found = [
        (name_of(choice), check(TOOLS / "bin" / "helm4", values_of(choice), _seen)) for choice in choices
    ]
    return [(name, problems) for name, problems in found if problems]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
