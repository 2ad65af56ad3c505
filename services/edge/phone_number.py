"""Phone numbers in E.164 format. No I/O."""

import re

E164_PATTERN = r"^\+[1-9]\d{1,14}$"
_E164 = re.compile(E164_PATTERN, re.ASCII)


def is_phone_number(text: str) -> bool:
    """Whether a text is a phone number in E.164 format, such as +15550100."""
    return _E164.fullmatch(text) is not None
