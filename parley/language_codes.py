"""Language codes that differ for one language, such as `nb` and `no`. No I/O."""

from collections.abc import Iterable

_SAME = (
    frozenset({"no", "nb", "nn"}),
    frozenset({"zh", "cmn"}),
    frozenset({"tl", "fil"}),
    frozenset({"he", "iw"}),
    frozenset({"id", "in"}),
    frozenset({"jv", "jw"}),
)
"""Codes that providers use for one language; `nn` is read by voices and models for Bokmål."""
_COMMON = {"nb": "no", "nn": "no", "cmn": "zh", "fil": "tl", "iw": "he", "in": "id", "jw": "jv"}


def base_code(tag: str) -> str:
    """Return the language of a tag without its region or script, in lower case: `zh` for `zh_Hant-TW`."""
    return tag.replace("_", "-").partition("-")[0].lower()


def common_code(tag: str) -> str:
    """Return the code that most providers use for a tag's language: `no` for `nb-NO`."""
    code = base_code(tag)
    return _COMMON.get(code, code)


def equivalents(code: str) -> frozenset[str]:
    """Return all codes of a language, with the given one."""
    return next((codes for codes in _SAME if code in codes), frozenset({code}))


def code_among(tag: str, supported: Iterable[str]) -> str:
    """Return how a provider that lists these codes names a tag's language; its own code if it lists none."""
    code = base_code(tag)
    listed = frozenset(supported)
    if code in listed:
        return code
    return min(equivalents(code) & listed, default=code)
