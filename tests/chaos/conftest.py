"""The same system as for whole calls; what is killed is started again by it."""

from tests.e2e.conftest import up

__all__ = ["up"]
