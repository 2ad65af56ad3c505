"""docs/settings.md is generated from the settings classes, which describe every field."""

from pathlib import Path
from typing import Literal

import pytest
from pydantic import AliasChoices, BaseModel, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from scripts.settings_docs import (
    CHART_SETTINGS,
    PAGE,
    ROOT,
    chart_settings,
    default_of,
    page,
    settings_classes,
    undocumented,
    value_of,
)


class Inner(BaseModel, use_attribute_docstrings=True):
    """Keys of a JSON object."""

    share: float = Field(default=0.5, ge=0, le=1)
    """Share of something."""


class Example(BaseSettings):
    """Settings of an example."""

    model_config = SettingsConfigDict(env_prefix="X_", use_attribute_docstrings=True)

    wait_s: float = Field(default=10.0, gt=0, le=30)
    """Time to wait,
    in two lines with a | in them."""
    port: int = Field(default=1, ge=0, le=65535, validation_alias=AliasChoices("EX_PORT", "PORT"))
    mode: Literal["", "on"] = ""
    flag: bool = False
    key: SecretStr = Field(validation_alias="KEY")
    base_url: str | None = None
    home: Path = Path("x")
    hosts: tuple[str, ...] = ()
    inner: Inner = Inner()


def test_the_page_is_current() -> None:
    """`make docs` would change nothing."""
    assert PAGE.read_text("utf-8") == page(settings_classes()), "run `make docs`"


def test_the_chart_has_the_settings_of_every_service() -> None:
    assert CHART_SETTINGS.read_text("utf-8") == chart_settings(), "run `make docs`"


def test_every_setting_is_described() -> None:
    """By a docstring under the field."""
    assert undocumented(settings_classes()) == []


def test_the_readme_refers_to_the_page() -> None:
    """The README links to the page and contains no table."""
    assert "docs/settings.md" in (ROOT / "README.md").read_text("utf-8")


def test_a_setting_has_its_variable_unit_limits_default_and_meaning() -> None:
    """In one row; line breaks and bars do not break the table."""
    lines = page([Example]).splitlines()
    assert "## Settings of an example" in lines
    assert (
        "| `X_WAIT_S` | seconds, more than 0, at most 30 | `10` "
        "| Time to wait, in two lines with a \\| in them. |" in lines
    )
    assert "| `EX_PORT` | port | `1` |  |" in lines
    assert "| `KEY` | secret | required |  |" in lines
    assert "Keys of `X_INNER`, a JSON object:" in lines
    assert "| `share` | number, at most 1 | `0.5` | Share of something. |" in lines


def test_fields_without_a_docstring_are_found() -> None:
    """In nested models too."""
    missing = undocumented([Example])
    assert "Example.mode" in missing
    assert not {"Example.wait_s", "Inner.share"} & set(missing)


@pytest.mark.parametrize(
    ("name", "value", "default"),
    [
        ("mode", "empty, `on`", ""),
        ("flag", "`true`, `false`", "`false`"),
        ("base_url", "URL", ""),
        ("home", "path", "`x`"),
        ("hosts", "JSON list", ""),
        ("inner", "JSON object", "`{}`"),
    ],
)
def test_values_are_described_by_their_type(name: str, value: str, default: str) -> None:
    """With choices spelled out, and nothing for an empty default."""
    field = Example.model_fields[name]
    assert (value_of(name, field), default_of(field)) == (value, default)
