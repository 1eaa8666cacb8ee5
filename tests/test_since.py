"""Violations on changed lines only, asked of real repositories."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rmwlint.errors import UsageError
from rmwlint.since import changed_lines, changes_since
from rmwlint.violation import Span

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="needs git")

THREE = "hit()\nx = 1\nhit()\nx = 2\nhit()\n"


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run git in the test's folder, with no settings but ours."""
    empty = tmp_path.parent / f"{tmp_path.name}.gitconfig"
    empty.write_text("[init]\n    defaultBranch = main\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(empty))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{role}_NAME", "A")
        monkeypatch.setenv(f"GIT_{role}_EMAIL", "a@example.org")

    def run(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    run("init", "-q")
    return run


def commit(git: Callable[..., str]) -> str:
    git("add", "-A")
    git("commit", "-qm", "x", "--allow-empty")
    return git("rev-parse", "HEAD")


def places(rmwlint: Command, *arguments: str) -> list[str]:
    """File and line of each violation that a run shows."""
    run = rmwlint("check", "--no-cache", "--output-format", "concise", *arguments)
    assert run.err == ""
    found = [line.partition(" RMW104")[0].rpartition(":")[0] for line in run.out.splitlines()]
    assert run.code == (1 if found else 0)
    return found


@pytest.mark.usefixtures("marked_lines")
class TestCheck:
    def test_changed_lines_only(self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command) -> None:
        lay_out({"a.py": THREE, "b.py": THREE})
        commit(git)
        assert places(rmwlint, "--since", "HEAD") == []
        lay_out({"a.py": THREE.replace("x = 1\nhit()", "x = 1\nhit()  # changed")})
        assert places(rmwlint, "--since", "HEAD") == ["a.py:3"]
        commit(git)
        assert places(rmwlint, "--since", "HEAD") == []
        assert places(rmwlint, "--since", "HEAD~1") == ["a.py:3"]
        assert len(places(rmwlint)) == 6

    def test_moved_lines_have_not_changed(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        lay_out({"a.py": THREE})
        commit(git)
        lay_out({"a.py": f"\n\nhit()\n\n{THREE}"})
        assert places(rmwlint, "--since", "HEAD") == ["a.py:3"]

    def test_lines_beside_removed_ones(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        lay_out({"a.py": THREE})
        commit(git)
        lay_out({"a.py": THREE.replace("x = 1\n", "")})
        assert places(rmwlint, "--since", "HEAD") == ["a.py:1", "a.py:2"]

    def test_files_git_does_not_know(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        lay_out({"a.py": THREE, ".gitignore": "ignored.py\n"})
        commit(git)
        lay_out({"new.py": "hit()\n", "ignored.py": "hit()\n", "added.py": "x = 1\nhit()\n"})
        git("add", "added.py")
        assert places(rmwlint, "--since", "HEAD") == ["added.py:2", "new.py:1"]
        assert places(rmwlint, "--since", "HEAD", "a.py", "ignored.py") == ["ignored.py:1"]

    def test_a_renamed_file_has_not_changed(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        root = lay_out({"a.py": THREE * 5})
        commit(git)
        (root / "pkg").mkdir()
        git("mv", "a.py", "pkg/b.py")
        assert places(rmwlint, "--since", "HEAD") == []
        lay_out({"pkg/b.py": THREE * 5 + "hit()\n"})
        assert places(rmwlint, "--since", "HEAD") == ["pkg/b.py:26"]

    @pytest.mark.parametrize(
        "name", ["a b.py", "日本.py", "q'\"uote.py", "tab\there.py", "back\\slash.py", "b/+++ b/x.py"]
    )
    def test_names(self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command, name: str) -> None:
        root = lay_out({name: THREE})
        commit(git)
        (root / name).write_text(THREE + "hit()\n")
        assert len(places(rmwlint, "--since", "HEAD")) == 1

    def test_line_ends(self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command) -> None:
        dos = THREE.replace("\n", "\r\n")
        lay_out({"a.py": dos, "b.py": THREE.rstrip("\n")})
        commit(git)
        lay_out({"a.py": dos + "hit()\r\n", "b.py": THREE + "x = 3"})
        assert places(rmwlint, "--since", "HEAD") == ["a.py:6", "b.py:5"]

    def test_what_others_did_meanwhile_is_no_change(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        lay_out({"a.py": THREE, "b.py": THREE})
        commit(git)
        git("checkout", "-qb", "mine")
        lay_out({"a.py": THREE + "hit()\n"})
        commit(git)
        git("checkout", "-q", "main")
        lay_out({"b.py": "hit()\n"})
        commit(git)
        git("checkout", "-q", "mine")
        assert places(rmwlint, "--since", "main") == ["a.py:6"]

    def test_from_a_folder_inside_and_from_outside(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        root = lay_out({"pkg/a.py": THREE})
        commit(git)
        lay_out({"pkg/a.py": THREE + "hit()\n"})
        os.chdir(root / "pkg")
        assert places(rmwlint, "--since", "HEAD") == ["a.py:6"]
        os.chdir("/")
        assert [place.rpartition("/")[2] for place in places(rmwlint, "--since", "HEAD", str(root))] == [
            "a.py:6"
        ]

    def test_settings_of_git_do_not_matter(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command
    ) -> None:
        lay_out({"a.py": THREE})
        commit(git)
        for setting in ("diff.noprefix", "diff.mnemonicPrefix"):
            git("config", setting, "true")
        for setting, value in (("color.ui", "always"), ("diff.context", "9"), ("diff.renames", "false")):
            git("config", setting, value)
        lay_out({"a.py": THREE + "hit()\n"})
        assert places(rmwlint, "--since", "HEAD") == ["a.py:6"]

    def test_in_a_hook(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = lay_out({"pkg/a.py": THREE})
        commit(git)
        lay_out({"pkg/a.py": THREE + "hit()\n"})
        monkeypatch.setenv("GIT_DIR", ".git")
        monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
        os.chdir(root / "pkg")
        assert places(rmwlint, "--since", "HEAD") == ["a.py:6"]

    @pytest.mark.parametrize("revision", ["nothing", "", "--all", "HEAD:a.py", "main..HEAD"])
    def test_unknown_revisions(
        self, lay_out: LayOut, git: Callable[..., str], rmwlint: Command, revision: str
    ) -> None:
        lay_out({"a.py": THREE})
        commit(git)
        run = rmwlint("check", f"--since={revision}")
        assert (run.code, run.out) == (2, "")
        assert f"`{revision}` is no revision of the git repository" in run.err

    def test_standard_input(self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        import io

        lay_out({})
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"hit()\n")))
        run = rmwlint("check", "--since", "HEAD", "-")
        assert run.code == 2
        assert "standard input" in run.err


@pytest.mark.usefixtures("marked_lines")
class TestWithoutGit:
    def test_no_repository(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": THREE})
        if any((folder / ".git").exists() for folder in root.parents):
            pytest.skip("the folder of the tests lies in a repository")
        run = rmwlint("check", "--since", "HEAD")
        assert run == (2, "", "rmwlint: `--since` needs a git repository, and `.` is not in one.\n")
        assert (
            rmwlint("check", "--since", "HEAD", "none/a.py").err == "rmwlint: `none/a.py` does not exist.\n"
        )

    def test_no_git(self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        root = lay_out({"a.py": THREE})
        monkeypatch.setenv("PATH", str(root))
        run = rmwlint("check", "--since", "HEAD")
        assert run.code == 2
        assert "needs git, which cannot be run" in run.err


def test_a_step_on_a_changed_line_counts(lay_out: LayOut, git: Callable[..., str], rmwlint: Command) -> None:
    source = "import os\n\n\ndef f(path):\n    if os.path.exists(path):\n        os.remove(path)\n"
    lay_out({"a.py": source})
    commit(git)
    lay_out({"a.py": source.replace("exists(path):", "exists(path):  # look")})
    assert rmwlint("check", "--no-cache", "--since", "HEAD", "--output-format", "concise").out.startswith(
        "a.py:6:9 RMW406"
    )
    lay_out({"a.py": source + "\n\nx = 1\n"})
    assert rmwlint("check", "--no-cache", "--since", "HEAD").code == 0


def test_the_patch_is_read_by_its_counts() -> None:
    patch = (
        b"diff --git a/x b/x\n--- a/x\n+++ b/x\n"
        b"@@ -1,2 +1,3 @@ def f():\n--- a/gone\n-x\n+++ b/fake\n+@@ -1 +1 @@\n+y\n\\ No newline at end of file\n"
        b"@@ -9 +10 @@\n-a\n+b\n"
        b'--- /dev/null\n+++ "b/\\303\\244 \\"q\\"\\t.py"\n@@ -0,0 +1,2 @@\n+a\n+b\n'
        b"--- a/dead\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n"
        b"--- a/cut\n+++ b/cut\n@@ -4,2 +3,0 @@\n-a\n-b\n"
    )
    assert changed_lines(patch) == {"x": [(1, 3), (10, 10)], 'ä "q"\t.py': [(1, 2)], "cut": [(3, 4)]}


def test_spans_of_many_lines(lay_out: LayOut, git: Callable[..., str]) -> None:
    root = lay_out({"a.py": "1\n2\n3\n4\n5\n"})
    commit(git)
    lay_out({"a.py": "1\n2\nX\n4\n5\n"})
    changes = changes_since("HEAD", ".")
    assert [changes.touch("a.py", Span(first, 1, last, 1)) for first, last in ((1, 2), (2, 3), (1, 5), (3, 3), (4, 5))] == [
        False, True, True, True, False
    ]  # fmt: skip
    assert not changes.touch(str(root.parent / "elsewhere.py"), Span(1, 1, 1, 1))
    with pytest.raises(UsageError):
        changes_since("no-such-branch", str(root / "a.py"))
