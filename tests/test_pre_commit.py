"""Both hooks, under the real pre-commit, which installs rmwlint in an environment of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

RACE = "import os\n\n\ndef make(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"
MENDED = """\
import contextlib
import os


def make(path):
    with contextlib.suppress(FileExistsError):
        os.mkdir(path)
"""
#: what pip says where it cannot get at packages
OFFLINE = (
    "Could not find a version",
    "Connection",
    "Temporary failure",
    "Network is unreachable",
    "timed out",
)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


def committed(folder: Path) -> Path:
    git(folder, "init")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-m", "all")
    return folder


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkout as a repository that pre-commit can clone, whether it is one or not."""
    copy = tmp_path_factory.mktemp("rmwlint")
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, copy)
    for name in ("rmwlint", "checks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    return committed(copy)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pre-commit keeps the environments that it makes."""
    return tmp_path_factory.mktemp("home")


def pre_commit(home: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GIT_"))
    }
    run = subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments, "--all-files", "--verbose"],
        cwd=folder,
        env={**environment, "PRE_COMMIT_HOME": str(home), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    log = home / "pre-commit.log"
    said = run.stdout + run.stderr + (log.read_text("utf-8", "replace") if log.exists() else "")
    if run.returncode == 3 and any(word in said for word in OFFLINE):
        pytest.skip("pip cannot get at the packages that rmwlint needs")
    return run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/files.py").write_text(RACE)
    (tmp_path / "shop/clean.py").write_text("x = 1\n")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_files.py").write_text(RACE)
    return committed(tmp_path)


def test_who_tries_it_sees_what_it_finds(source: Path, home: Path, project: Path) -> None:
    run = pre_commit(home, project, "try-repo", str(source), "rmwlint")
    assert run.returncode == 1, run.stdout + run.stderr
    assert "shop/files.py:6:9 RMW406 " in run.stdout
    assert "tests/test_files.py" not in run.stdout
    assert (project / "shop/files.py").read_text() == RACE


def test_both_hooks_in_a_project(source: Path, home: Path, project: Path) -> None:
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=source, check=True, capture_output=True, text=True
    )
    (project / ".pre-commit-config.yaml").write_text(
        f"repos: [{{repo: {source}, rev: {head.stdout.strip()}, hooks: [{{id: rmwlint}}, {{id: rmwlint-fix}}]}}]\n"
    )
    git(project, "add", "-A")
    found = pre_commit(home, project, "run", "rmwlint")
    assert found.returncode == 1, found.stdout + found.stderr
    fixed = pre_commit(home, project, "run", "rmwlint-fix")
    assert fixed.returncode == 1, fixed.stdout + fixed.stderr
    assert "files were modified by this hook" in fixed.stdout
    assert (project / "shop/files.py").read_text() == MENDED
    assert (project / "tests/test_files.py").read_text() == RACE
    clean = pre_commit(home, project, "run")
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert clean.stdout.count("Passed") == 2
