from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from rmwlint.errors import UsageError
from rmwlint.source.files import Selection, find

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]


def found(*paths: str, **selection: object) -> list[str]:
    return [path.as_posix() for path in find(paths or (".",), Selection(**selection))]  # type: ignore[arg-type]


def test_python_files_in_order_each_once(lay_out: LayOut) -> None:
    lay_out({"b/z.py": "", "b/a.py": "", "a.py": "", "c.txt": "", "window.pyw": "", "stub.pyi": ""})
    assert found() == ["a.py", "window.pyw", "b/a.py", "b/z.py"]
    assert found(".", "b", "a.py", "./b/../a.py") == found()


def test_paths_are_relative_inside_the_current_folder_and_absolute_elsewhere(lay_out: LayOut) -> None:
    root = lay_out({"here/a.py": "", "there/b.py": ""})
    os.chdir(root / "here")
    assert found(str(root)) == ["a.py", f"{root}/there/b.py"]
    assert found("../there/b.py") == [f"{root}/there/b.py"]


@pytest.mark.parametrize("name", [
    "tests/helpers.py", "pkg/tests/unit/base.py", "test/a.py", "testing/a.py", "pkg/test_orders.py",
    "pkg/tests_e2e/page.py", "cms/test_utils/cases.py", "pkg/functional_tests_fixtures/users.py", "docker-tests/up.py", "e2etests/a.py",
    "pkg/itest/a.py",
    "pkg/orders_test.py", "conftest.py", "pkg/tests.py", "app/migrations/0001_initial.py",
    "alembic/versions/ab12.py", "db/migrate_repo/versions/001.py", "db/alembic_migrations/versions/x.py",
    "app/db_migrations/0001_initial.py", "app/migrations_old/0001_initial.py",
])  # fmt: skip
def test_tests_and_migrations_are_left_out_of_a_walk(lay_out: LayOut, name: str) -> None:
    lay_out({name: "", "pkg/orders.py": ""})
    assert found() == ["pkg/orders.py"]
    assert sorted(found(include_tests=True)) == sorted([name, "pkg/orders.py"])
    assert found(name) == [name]


@pytest.mark.parametrize(
    "name", ["contests/views.py", "requests/a.py", "speed_test/run.py", "test_plans/a.py", "pkg/attests.py"]
)
def test_what_only_sounds_like_tests_is_walked(lay_out: LayOut, name: str) -> None:
    lay_out({name: ""})
    assert found() == [name]


def test_alembic_environments_are_known_by_their_template(lay_out: LayOut) -> None:
    lay_out({"db/schema/script.py.mako": "", "db/schema/versions/a.py": "", "api/versions/v1.py": ""})
    assert found() == ["api/versions/v1.py"]


def test_a_test_folder_that_is_named_is_walked(lay_out: LayOut) -> None:
    lay_out({"pkg/tests/test_a.py": "", "pkg/tests/base.py": "", "migrations/a.py": ""})
    assert found("pkg/tests") == ["pkg/tests/base.py", "pkg/tests/test_a.py"]
    assert found("migrations") == ["migrations/a.py"]


@pytest.mark.parametrize("folder", [
    ".git", ".venv", "node_modules", "__pycache__", "build", "dist", ".tox", "lib/site-packages", "x.egg-info",
    "venv", ".rmwlint_cache",
])  # fmt: skip
def test_output_and_environments_are_left_out(lay_out: LayOut, folder: str) -> None:
    lay_out({f"{folder}/a.py": "", "b.py": ""})
    assert found() == ["b.py"]
    assert found(folder) == [f"{folder}/a.py"]


def test_an_environment_is_known_by_its_marker_whatever_its_name(lay_out: LayOut) -> None:
    lay_out({"py311/pyvenv.cfg": "", "py311/lib/a.py": "", "b.py": ""})
    assert found() == ["b.py"]


def test_a_package_may_be_called_build(lay_out: LayOut) -> None:
    lay_out({"operations/build/__init__.py": "", "operations/build/wheel.py": ""})
    assert found() == ["operations/build/__init__.py", "operations/build/wheel.py"]


def test_exclude_patterns_are_relative_to_the_settings(lay_out: LayOut) -> None:
    root = lay_out({"gen/a.py": "", "src/gen/b.py": "", "src/c_pb2.py": "", "src/c.py": ""})
    assert found(exclude=("/gen/", "*_pb2.py"), exclude_base=str(root)) == ["src/c.py", "src/gen/b.py"]
    assert found(exclude=("gen/",), exclude_base=str(root)) == ["src/c.py", "src/c_pb2.py"]
    for named in ("gen/a.py", "gen", "./gen/"):
        assert found(named, exclude=("gen/",), exclude_base=str(root)) == ["gen/a.py"]
    assert found("src", exclude=("gen/",), exclude_base=str(root)) == ["src/c.py", "src/c_pb2.py"]


def git(root: Path, *arguments: str) -> str:
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    return subprocess.run(
        ["git", *arguments], cwd=root, check=True, capture_output=True, text=True, env=environment
    ).stdout


IGNORED_TREES = {
    "names and folders": {".gitignore": "gen/\n*_pb2.py\n/top.py\n"},
    "negation": {".gitignore": "*_pb2.py\n!keep_pb2.py\n"},
    "nested wins": {".gitignore": "*_pb2.py\n", "pkg/.gitignore": "!*_pb2.py\ntop.py\n"},
    "a closed folder stays closed": {".gitignore": "gen/\n!gen/a.py\n"},
    "white list": {".gitignore": "/*\n!/pkg/\n!.gitignore\n"},
    "middle slash": {".gitignore": "pkg/gen\n"},
    "double star": {".gitignore": "**/gen/**/deep.py\n"},
    "comments, blanks, escapes": {".gitignore": "# top.py\n\n\\#odd.py\ntop.py   \n"},
    "bad patterns": {".gitignore": "!\n/\ntop.py\n"},
    "local excludes": {".git/info/exclude": "top.py\n"},
    "local excludes lose": {".git/info/exclude": "top.py\ngen\n", ".gitignore": "!top.py\n"},
}


@pytest.mark.parametrize("rules", IGNORED_TREES.values(), ids=list(IGNORED_TREES))
def test_ignores_what_git_ignores(lay_out: LayOut, rules: dict[str, str]) -> None:
    names = ["top.py", "x_pb2.py", "keep_pb2.py", "#odd.py", "gen/a.py", "gen/sub/deep.py", "pkg/top.py",
             "pkg/y_pb2.py", "pkg/gen/a.py", "pkg/sub/gen/x/deep.py"]  # fmt: skip
    root = lay_out(dict.fromkeys(names, ""))
    git(root, "init", "-q")
    lay_out(rules)
    listed = git(root, "ls-files", "-co", "--exclude-standard", "*.py").splitlines()
    assert sorted(found()) == sorted(name.strip('"') for name in listed)
    assert 0 < len(listed) < len(names)
    inside = [name for name in listed if name.startswith("pkg/")]
    assert sorted(found("pkg")) == sorted(inside)


def test_a_folder_that_git_ignores_is_walked_when_named(lay_out: LayOut) -> None:
    root = lay_out({"gen/a.py": "", ".gitignore": "gen/\n"})
    git(root, "init", "-q")
    assert found() == []
    assert found("gen") == ["gen/a.py"]


def test_gitignore_counts_without_a_checkout_too(lay_out: LayOut) -> None:
    lay_out({"gen/a.py": "", "b.py": "", ".gitignore": "gen/\n"})
    assert found() == ["b.py"]


def test_links_to_folders_are_not_followed_so_loops_end(lay_out: LayOut) -> None:
    root = lay_out({"pkg/a.py": ""})
    (root / "pkg/loop").symlink_to(root / "pkg", target_is_directory=True)
    (root / "pkg/self").symlink_to(root / "pkg/self")
    assert found() == ["pkg/a.py"]


def test_a_linked_file_is_checked_once(lay_out: LayOut) -> None:
    root = lay_out({"pkg/a.py": "", "elsewhere/b.txt": ""})
    (root / "pkg/same.py").symlink_to(root / "pkg/a.py")
    (root / "pkg/other.py").symlink_to(root / "elsewhere/b.txt")
    (root / "pkg/dangling.py").symlink_to(root / "nowhere.py")
    assert found() == ["pkg/a.py", "pkg/other.py"]


def test_a_folder_called_like_a_file_is_no_file(lay_out: LayOut) -> None:
    lay_out({"odd.py/a.py": ""})
    assert found() == ["odd.py/a.py"]


def test_very_deep_trees_are_walked(lay_out: LayOut) -> None:
    lay_out({"d/" * 300 + "a.py": ""})
    assert found() == ["d/" * 300 + "a.py"]


def test_a_missing_path_is_a_wrong_usage(lay_out: LayOut) -> None:
    lay_out({})
    with pytest.raises(UsageError, match=r"`nowhere\.py` does not exist"):
        find(["nowhere.py"])
