"""Runs one edge process."""

from functools import partial

from parley.runtime.process import run_service
from parley.settings import load
from services.edge.app import run_edge
from services.edge.settings import EdgeSettings

if __name__ == "__main__":
    run_service(partial(run_edge, load(EdgeSettings)))
