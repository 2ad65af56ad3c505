"""Every setting of every process stands in the README's one table."""

import importlib
from pathlib import Path

import pytest
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for folder in ("parley", "services", "sandbox", "cli", "bench")
    for path in (ROOT / folder).rglob("settings.py")
)


def variables(module: str) -> set[str]:
    """Names of the environment variables that a module's settings read."""
    found: set[str] = set()
    for kind in vars(importlib.import_module(module)).values():
        if not (isinstance(kind, type) and issubclass(kind, BaseSettings) and kind is not BaseSettings):
            continue
        prefix = str(kind.model_config.get("env_prefix", ""))
        for name, info in kind.model_fields.items():
            alias = info.validation_alias
            if isinstance(alias, AliasChoices):
                found.add(str(alias.choices[0]))
            else:
                found.add(str(alias) if alias else f"{prefix}{name}".upper())
    return found


@pytest.mark.parametrize("module", MODULES)
def test_every_setting_is_documented(module: str) -> None:
    """By its full name."""
    missing = sorted(name for name in variables(module) if f"`{name}`" not in README)
    assert not missing, f"{module}: not in the README's table: {missing}"
