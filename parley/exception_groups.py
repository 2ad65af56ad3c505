"""Exceptions out of task groups. No I/O."""


def flatten_group(error: BaseException) -> list[BaseException]:
    """The exceptions of a group and of all groups nested in it; a plain exception as the only element."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    return [leaf for part in error.exceptions for leaf in flatten_group(part)]
