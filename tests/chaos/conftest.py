"""The system of the end-to-end tests; it restarts processes that are killed."""

from tests.e2e.conftest import up

__all__ = ["up"]
