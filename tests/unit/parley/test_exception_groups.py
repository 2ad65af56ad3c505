"""Exception groups are flattened to the errors that they contain."""

from parley.exception_groups import flatten_group


def test_nested_groups_are_flattened_in_order() -> None:
    """The depth of the nesting does not matter."""
    first, second, third = ValueError("1"), KeyError("2"), OSError("3")
    group = ExceptionGroup("outer", [first, ExceptionGroup("inner", [ExceptionGroup("", [second]), third])])
    assert flatten_group(group) == [first, second, third]


def test_a_single_error_is_given_alone() -> None:
    """Callers can handle a group and a single error alike."""
    error = ValueError()
    assert flatten_group(error) == [error]


def test_an_interrupt_is_included() -> None:
    """A group may contain exceptions that are not subclasses of Exception."""
    interrupt = KeyboardInterrupt()
    assert flatten_group(BaseExceptionGroup("", [interrupt])) == [interrupt]
