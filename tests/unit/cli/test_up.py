"""Tests of the output of `parley up`."""

import io

from rich.console import Console

from cli.process import ProcessFailed
from cli.up import print_failures


def test_a_refused_setting_is_the_last_line() -> None:
    """This holds however deeply the task groups nest the failure."""
    failure = ProcessFailed(
        "stt ended at its start; its last lines (log):\n  PARLEY_X: Input should be a number"
    )
    output = io.StringIO()
    group = ExceptionGroup("", [ExceptionGroup("", [failure])])
    print_failures(group, Console(file=output, width=200))
    assert output.getvalue().splitlines()[-1].strip() == "PARLEY_X: Input should be a number"
