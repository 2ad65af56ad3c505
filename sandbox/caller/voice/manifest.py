"""Trims the recordings and writes manifest.json; run by record.sh only."""

import json
import sys
from itertools import pairwise
from pathlib import Path

_HERE = Path(__file__).parent
_LEAD_MS = 40
_TAIL_MS = 60
_BYTES_PER_MS = 8
_PAUSE = "pau"


def phone_times(line: str) -> list[tuple[str, float, float]]:
    """Parse flite's `phone:end_s …` into (phone, start in ms, end in ms)."""
    pairs = [item.rsplit(":", 1) for item in line.split()]
    ends = [0.0, *(float(end) * 1000 for _, end in pairs)]
    return [(pair[0], start, end) for pair, (start, end) in zip(pairs, pairwise(ends), strict=True)]


def word_times(
    words: list[tuple[str, int]], phones: list[tuple[str, float, float]]
) -> list[tuple[str, float, float]]:
    """Assign phones to words, in proportion to each word's phones if the counts differ in context."""
    spoken = [phone for phone in phones if phone[0] != _PAUSE]
    total = sum(count for _, count in words)
    timed: list[tuple[str, float, float]] = []
    done = 0
    for word, count in words:
        first = done * len(spoken) // total
        done += count
        last = max(first, done * len(spoken) // total - 1)
        timed.append((word, spoken[first][1], spoken[last][2]))
    return timed


def _words_of(lines: str) -> list[tuple[str, int]]:
    split = [line.split() for line in lines.splitlines()]
    return [(first, max(1, sum(phone != _PAUSE for phone in rest))) for first, *rest in split]


def _cut(work: Path, text: str) -> dict[str, object]:
    name = text.replace(" ", "_")
    phones = phone_times((work / f"{name}.phones").read_text())
    words = word_times(_words_of((work / f"{name}.words").read_text()), phones)
    start_ms = max(0, int(words[0][1]) - _LEAD_MS)
    audio = (work / f"{name}.ulaw").read_bytes()
    trimmed = audio[start_ms * _BYTES_PER_MS : (int(words[-1][2]) + _TAIL_MS) * _BYTES_PER_MS]
    (_HERE / f"{name}.ulaw").write_bytes(trimmed)
    return {
        "text": text,
        "file": f"{name}.ulaw",
        "words": [
            {"word": word, "start_ms": round(start - start_ms), "end_ms": round(end - start_ms)}
            for word, start, end in words
        ],
    }


def main(work: Path) -> None:
    """Write all recordings of texts.txt and the manifest."""
    entries = [_cut(work, text) for text in (_HERE / "texts.txt").read_text().split("\n") if text]
    (_HERE / "manifest.json").write_text(json.dumps(entries, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
