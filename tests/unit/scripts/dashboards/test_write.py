"""Files of the dashboards are written, and files of former dashboards removed."""

from pathlib import Path

from scripts.dashboards.write import files, write


def test_each_dashboard_has_a_file_and_old_ones_are_removed(tmp_path: Path) -> None:
    (tmp_path / "former.json").write_text("{}", encoding="utf-8")
    write(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == set(files())
