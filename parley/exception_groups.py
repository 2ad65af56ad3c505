"""Extracts exceptions from exception groups. No I/O."""


def flatten_group(error: BaseException) -> list[BaseException]:
    """Return the exceptions in a group and its nested groups; a plain exception is the only element."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for part in error.exceptions for leaf in flatten_group(part)]
