from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from rmwlint.fix.write import NotWritten, replace_file


def test_the_mode_stays_and_nothing_is_left_over(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o754)
    replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o754
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    real = tmp_path / "real" / "a.py"
    real.parent.mkdir()
    real.write_bytes(b"old")
    link = tmp_path / "link.py"
    link.symlink_to(real)
    replace_file(str(link), b"old", b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_file_that_changed_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"other")
    with pytest.raises(NotWritten, match="changed since"):
        replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"other"


def test_a_file_that_changes_while_the_new_one_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    monkeypatch.setattr("rmwlint.fix.write.os.fsync", lambda _: path.write_bytes(b"other"))
    with pytest.raises(NotWritten, match="changed since"):
        replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"other"
    assert os.listdir(tmp_path) == ["a.py"]


def test_a_read_only_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(NotWritten, match="read-only"):
        replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(NotWritten, match="cannot be read"):
        replace_file(str(tmp_path / "a.py"), b"old", b"new")


def test_a_replacement_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.py"
    path.write_bytes(b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rmwlint.fix.write.os.replace", fail)
    with pytest.raises(NotWritten, match="No space left"):
        replace_file(str(path), b"old", b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.py"]
