"""Run every check of every provider, and write docs/conformance.json: `make conformance`."""

import argparse
import asyncio
import sys
import warnings

import structlog

from tests.conformance.results import CASES, Results, as_json, run_case, store


async def _run(pattern: str) -> tuple[Results, int]:
    found: Results = {}
    failed = 0
    for kind, (cases, checks) in CASES.items():
        found[kind] = {}
        for name in cases:
            if pattern not in name:
                continue
            results = await run_case(kind, name)
            found[kind][name] = as_json(results)
            bad = [result for result in results if result.outcome == "failed"]
            failed += len(bad)
            passed = sum(result.outcome == "passed" for result in results)
            _print(f"{kind} {name}: {passed} of {len(checks)} checks passed, {len(bad)} failed")
            for result in results:
                if result.outcome != "passed":
                    _print(f"  {result.check}: {result.outcome}: {result.reason}")
    return found, failed


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> int:
    """Run the suite; the exit code is 1 if a check failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", default="", help="run only cases whose name contains this, and store nothing"
    )
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    results, failed = asyncio.run(_run(arguments.only))
    if not arguments.only:
        store(results)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
