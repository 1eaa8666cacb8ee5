"""What is shipped: the wheel, the licence, the documentation that comes with it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

import rmwlint as package

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[1]

#: Where the rmwlint under test comes from: the checkout, or an environment that the wheel is installed in.
HERE = Path(package.__file__).parents[1]


def python(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        encoding="utf-8",
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel as a release makes it: from the sdist."""
    out = tmp_path_factory.mktemp("dist")
    run = python("-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT), cwd=out)
    assert run.returncode == 0, run.stdout + run.stderr
    (built,) = out.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def unpacked(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        found: dict[str, Any] = tomllib.load(file)
    return found


def sources(folder: str) -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*.py")}


def test_the_wheel_carries_the_checks_inside_and_nothing_beside(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {name for name in names if name.endswith(".py")} == sources("rmwlint") | {
        f"rmwlint/{name}" for name in sources("checks")
    }
    assert {name.split("/")[0] for name in names} == {"rmwlint", f"rmwlint-{package.__version__}.dist-info"}
    assert not [name for name in names if "__pycache__" in name]


def test_the_wheel_carries_data_and_licence(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"rmwlint/py.typed", "rmwlint/report/page.css", "rmwlint/report/page.js"} <= names
    assert {name for name in names if name.startswith("rmwlint/libraries/") and name.endswith(".toml")} == {
        f"rmwlint/libraries/{path.name}" for path in (ROOT / "rmwlint/libraries").glob("*.toml")
    }
    assert [name for name in names if name.endswith("/LICENSE")]


def test_the_unpacked_wheel_works_away_from_the_checkout(unpacked: Path, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(
        "import os\n\n\ndef f(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"
    )
    run = python(
        "-m", "rmwlint", "check", "--output-format", "concise", "a.py", cwd=tmp_path, PYTHONPATH=str(unpacked)
    )
    assert run.stderr == ""
    assert run.stdout.startswith("a.py:6:9 RMW406 ")
    listed = python("-m", "rmwlint", "list", cwd=tmp_path, PYTHONPATH=str(unpacked))
    here = python("-m", "rmwlint", "list", cwd=tmp_path, PYTHONPATH=str(HERE))
    assert listed.stdout == here.stdout
    assert len(here.stdout.splitlines()) > len(sources("checks"))


def test_the_bridge_is_alone() -> None:
    assert [path.name for path in (ROOT / "rmwlint/checks").iterdir() if path.suffix == ".py"] == [
        "__init__.py"
    ]
    assert not (ROOT / "checks/__init__.py").exists()


def test_every_dependency_says_what_it_is_for() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    listed = re.findall(r"^  \"[\w\[\]-]+[^\n]*>=[^\n]*$", text, re.MULTILINE)
    assert len(listed) >= 10
    for line in listed:
        assert re.search(r"# \w+", line), line


def test_the_version_stands_in_the_changelog() -> None:
    assert re.search(
        rf"^## {re.escape(package.__version__)}\b", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )


def test_the_licence_is_the_one_that_is_declared(project: dict[str, Any]) -> None:
    assert project["project"]["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text("utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_readme_shows_what_is_really_printed() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(
        r"^    \$ rmwlint (?P<command>check .*)\n(?P<output>(?:(?:    .*)?\n)+?)(?=\n*^\S)",
        readme,
        re.MULTILINE,
    )
    assert shown is not None
    output = "\n".join(line[4:] for line in shown["output"].rstrip().splitlines())
    run = python("-m", "rmwlint", *shown["command"].split(), "--no-cache", cwd=ROOT, PYTHONPATH=str(HERE))
    assert output == run.stdout.rstrip()


def test_the_readme_shows_what_is_really_fixed() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(r"^    \$ rmwlint (?P<command>fix .*)\n(?P<output>(?:    .*\n)+)", readme, re.MULTILINE)
    assert shown is not None
    run = python("-m", "rmwlint", *shown["command"].split(), "--no-cache", cwd=ROOT, PYTHONPATH=str(HERE))
    assert [line[4:] for line in shown["output"].splitlines()] == run.stdout.splitlines()


def test_the_readme_teaches_a_library(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme[readme.index("### Teach it") : readme.index("### What it cannot see")]
    code, model = (re.search(rf"```{kind}\n(.*?)```", section, re.DOTALL) for kind in ("python", "toml"))
    shown = re.search(r"^    (shop/sell\.py:.*)$", section, re.MULTILINE)
    assert code is not None
    assert model is not None
    assert shown is not None
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/sell.py").write_text(code[1])
    (tmp_path / "stockroom.toml").write_text(model[1])

    def check() -> str:
        arguments = ("check", "--output-format", "concise", "--no-cache", ".")
        return python("-m", "rmwlint", *arguments, cwd=tmp_path, PYTHONPATH=str(HERE)).stdout

    (tmp_path / "rmwlint.toml").write_text("")
    assert check() == ""
    (tmp_path / "rmwlint.toml").write_text('libraries = ["stockroom.toml"]\n')
    assert check() == shown[1] + "\n"


def test_the_readme_names_every_option(project: dict[str, Any]) -> None:
    from rmwlint.arguments import _parser
    from rmwlint.config import _KEYS

    readme = (ROOT / "README.md").read_text("utf-8")
    for key in _KEYS:
        assert f"`{key}`" in readme, key
    check = _parser()._subparsers._group_actions[0].choices["check"]  # type: ignore[union-attr, index]
    for action in check._actions:
        assert any(f"{option}" in readme for option in action.option_strings) or not action.option_strings, (
            action
        )


def test_the_demo_finds_and_stays_silent_where_it_says_so() -> None:
    run = python(
        "-m",
        "rmwlint",
        "check",
        "--no-cache",
        "--output-format",
        "json",
        "fixtures/demo",
        cwd=ROOT,
        PYTHONPATH=str(HERE),
    )
    assert run.returncode == 1
    functions = set(re.findall(r'"function": "(\w+)"', run.stdout))
    assert {"reserve", "tag", "pay", "cancel", "discard"} <= functions
    assert not functions & {
        "reserve_in_the_database",
        "reserve_locked",
        "cancel_once",
        "prepare_once",
        "write",
    }
