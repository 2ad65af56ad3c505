"""The recorder's tables as numbered SQL files, applied in order by `services/recorder/storage/migrate.py`."""
