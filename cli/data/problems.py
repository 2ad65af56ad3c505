"""The problems of an imported file, each with its place."""

from collections.abc import Sequence

_MAX_SHOWN = 20


class ImportRefused(Exception):
    """A file cannot be imported; the text has a line for each problem. Nothing was stored."""

    def __init__(self, problems: Sequence[str]) -> None:
        shown = list(problems[:_MAX_SHOWN])
        if len(problems) > _MAX_SHOWN:
            shown.append(f"and {len(problems) - _MAX_SHOWN} more")
        super().__init__("\n".join(shown))
