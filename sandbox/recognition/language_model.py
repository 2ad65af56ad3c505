"""The recogniser's language model: telephone sentences, many more than any one script contains."""

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
    """Typical sentences of telephone calls, those of the callers' recordings among them."""
    return [line.strip() for path in _FILES for line in path.read_text("utf-8").splitlines() if line.strip()]


def bigram_model(sentences: Iterable[str]) -> str:
    """Build an ARPA bigram model with absolute discounting.

    Any word may follow any other; pairs that occur in the sentences are more likely.
    """
    unigrams: Counter[str] = Counter()
    bigrams: Counter[tuple[str, str]] = Counter()
    for sentence in sentences:
        words = ["<s>", *sentence.split(), "</s>"]
        unigrams.update(words[1:])
        bigrams.update(pairwise(words))
    total = sum(unigrams.values())
    followers: dict[str, Counter[str]] = defaultdict(Counter)
    for (first, second), count in bigrams.items():
        followers[first][second] = count
    out = io.StringIO()
    out.write(f"\\data\\\nngram 1={len(unigrams) + 1}\nngram 2={len(bigrams)}\n\n\\1-grams:\n")
    for word in ["<s>", *sorted(unigrams)]:
        probability = math.log10(unigrams[word] / total) if word in unigrams else -99.0
        backoff = _backoff_weight(followers.get(word), unigrams, total)
        out.write(f"{probability:.4f} {word} {backoff:.4f}\n")
    out.write("\n\\2-grams:\n")
    for (first, second), count in sorted(bigrams.items()):
        out.write(f"{math.log10((count - _DISCOUNT) / followers[first].total()):.4f} {first} {second}\n")
    out.write("\n\\end\\\n")
    return out.getvalue()


def _backoff_weight(followers: Counter[str] | None, unigrams: Counter[str], total: int) -> float:
    """Log weight of all words that were not seen after a given word."""
    if not followers:
        return 0.0
    discounted = _DISCOUNT * len(followers) / followers.total()
    unseen = 1 - sum(unigrams[word] for word in followers) / total
    return math.log10(discounted / max(unseen, 1e-6))
