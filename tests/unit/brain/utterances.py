"""Reads the table of what callers say."""

from pathlib import Path

import yaml

_TABLE = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))


def utterances(kind: str) -> list[tuple[str, str]]:
    """Return the utterances of a kind, each with its language."""
    return [(language, text) for language, texts in _TABLE[kind].items() for text in texts]
