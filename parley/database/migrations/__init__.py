"""The tables as numbered SQL files, applied in order by `parley/database/schema.py`."""
