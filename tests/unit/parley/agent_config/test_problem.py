"""Tests of the text of a mistake."""

from parley.agent_config.problem import AgentFileError, Problem, did_you_mean


def test_an_error_lists_all_mistakes_with_file_line_and_key() -> None:
    """Each is one clause of a line that fits into a log."""
    error = AgentFileError("shop.yaml", [Problem(3, "tts.voic", "unknown key"), Problem(0, "", "too large")])

    assert str(error) == "shop.yaml: line 3: tts.voic: unknown key; too large"
    assert len(error.problems) == 2


def test_a_name_that_is_alike_is_suggested() -> None:
    """And none if no name is."""
    assert did_you_mean("deepgrm", ("openai", "deepgram")) == "; did you mean deepgram?"
    assert did_you_mean("zzz", ("openai", "deepgram")) == ""
