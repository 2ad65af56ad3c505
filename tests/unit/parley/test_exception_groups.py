"""Exception groups are flattened to the errors that they hold."""

from parley.exception_groups import flatten_group


def test_nested_groups_are_flattened_in_order() -> None:
    """However deep."""
    first, second, third = ValueError("1"), KeyError("2"), OSError("3")
    group = ExceptionGroup("outer", [first, ExceptionGroup("inner", [ExceptionGroup("", [second]), third])])
    assert flatten_group(group) == [first, second, third]


def test_a_single_error_is_given_alone() -> None:
    """Callers handle a group and a single error alike."""
    error = ValueError()
    assert flatten_group(error) == [error]


def test_an_interrupt_is_included() -> None:
    """Groups may hold more than plain exceptions."""
    interrupt = KeyboardInterrupt()
    assert flatten_group(BaseExceptionGroup("", [interrupt])) == [interrupt]
