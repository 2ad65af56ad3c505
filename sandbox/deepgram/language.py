"""What the recogniser expects, as an n-gram model: telephone talk, far more than any script says."""

import io
import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

_HERE = Path(__file__).parent
_FILES = (_HERE / "phrases.txt", _HERE.parent / "caller" / "voice" / "texts.txt")
_DISCOUNT = 0.5


def telephone_sentences() -> list[str]:
    """What people say on the phone."""
    return [line.strip() for path in _FILES for line in path.read_text("utf-8").splitlines() if line.strip()]


def bigram_model(sentences: Iterable[str]) -> str:
    """An ARPA model with absolute discounting: any word may follow any, those seen together more likely."""
    singles: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        words = ["<s>", *sentence.split(), "</s>"]
        singles.update(words[1:])
        pairs.update(pairwise(words))
    total = sum(singles.values())
    after: dict[str, Counter[str]] = defaultdict(Counter)
    for (first, second), count in pairs.items():
        after[first][second] = count
    out = io.StringIO()
    out.write(f"\\data\\\nngram 1={len(singles) + 1}\nngram 2={len(pairs)}\n\n\\1-grams:\n")
    for word in ["<s>", *sorted(singles)]:
        share = math.log10(singles[word] / total) if word in singles else -99.0
        out.write(f"{share:.4f} {word} {_back_off(after.get(word), singles, total):.4f}\n")
    out.write("\n\\2-grams:\n")
    for (first, second), count in sorted(pairs.items()):
        out.write(f"{math.log10((count - _DISCOUNT) / after[first].total()):.4f} {first} {second}\n")
    out.write("\n\\end\\\n")
    return out.getvalue()


def _back_off(seen: Counter[str] | None, singles: Counter[str], total: int) -> float:
    """Log weight of what was not seen after a word."""
    if not seen:
        return 0.0
    kept_back = _DISCOUNT * len(seen) / seen.total()
    unseen = 1 - sum(singles[word] for word in seen) / total
    return math.log10(kept_back / max(unseen, 1e-6))
