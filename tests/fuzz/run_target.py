"""Fuzzes one reader: python -m tests.fuzz.run_target NAME RUNS FOLDER."""

import json
import sys
import traceback
from collections import Counter
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=[
        "services.brain.providers",
        "services.stt.providers",
        "services.stt.provider_clock",
        "services.stt.transcript",
        "services.tts",
        "parley.providers.untrusted",
    ],
    exclude=["services.tts.spoken_text"],
):
    from tests.fuzz.all_targets import TARGETS, corpus
    from tests.fuzz.targets import ReadTwiceOrNever

_MAX_BYTES = 400
_MAX_EXAMPLES = 20


class Fuzzing:
    """Counts inputs and failures of one reader; the fuzzer continues after a failure."""

    def __init__(self, name: str, runs: int, folder: Path) -> None:
        self._target = TARGETS[name]
        self._runs = runs
        self._folder = folder
        self._counts: Counter[str] = Counter()
        self._examples: list[dict[str, str]] = []

    def __call__(self, data: bytes) -> None:
        """Try one input; with the last one, write the counts."""
        self._counts["inputs"] += 1
        try:
            self._target(data)
        except ReadTwiceOrNever:
            self._failed("doubled", data)
        except Exception:
            # Every exception but ProviderError is a finding.
            self._failed("crashes", data)
        if self._counts["inputs"] >= self._runs:
            self._write()

    def _failed(self, kind: str, data: bytes) -> None:
        self._counts[kind] += 1
        if len(self._examples) < _MAX_EXAMPLES:
            self._examples.append(
                {"kind": kind, "input": data.hex(), "error": traceback.format_exc(limit=-3)}
            )

    def _write(self) -> None:
        result = {name: self._counts[name] for name in ("inputs", "crashes", "doubled")}
        text = json.dumps({**result, "examples": self._examples}, indent=2)
        (self._folder / "result.json").write_text(text, encoding="utf-8")


def main(name: str, runs: int, folder: Path) -> None:
    """Run the fuzzer with a corpus in `folder`; the fuzzer ends the process."""
    seeds = folder / "corpus"
    seeds.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(corpus(name)):
        (seeds / f"seed{number}").write_bytes(data)
    options = [f"-runs={runs}", f"-max_len={_MAX_BYTES}", "-timeout=10", "-seed=1", str(seeds)]
    atheris.Setup([sys.argv[0], *options], Fuzzing(name, runs, folder))
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
