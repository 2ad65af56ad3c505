"""Run one edge process."""

from functools import partial

from parley.process import run_until_told
from parley.settings import load
from services.edge.app import run_edge
from services.edge.settings import EdgeSettings

if __name__ == "__main__":
    run_until_told(partial(run_edge, load(EdgeSettings)))
