"""A value that cannot be saved."""


class ValueProblem(Exception):
    """A value does not fit its field; the text states why, for the model. It never quotes the value."""
