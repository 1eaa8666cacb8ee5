"""Where a project begins."""

from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.source.project import project_root


@pytest.fixture
def project(tmp_path: Path) -> Path:
    package = tmp_path / "shop/views"
    package.mkdir(parents=True)
    (tmp_path / "setup.py").touch()
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    return tmp_path


def test_a_project_begins_at_its_setup(project: Path) -> None:
    assert project_root(str(project / "shop/views")) == str(project)


def test_a_module_called_setup_begins_no_project(project: Path) -> None:
    (project / "shop/views/setup.py").touch()
    assert project_root(str(project / "shop/views")) == str(project)


def test_a_setup_beside_other_marks_begins_one_in_a_package_too(project: Path) -> None:
    for name in ("setup.py", "pyproject.toml"):
        (project / "shop" / name).touch()
    assert project_root(str(project / "shop/views")) == str(project / "shop")
