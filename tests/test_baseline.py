"""Old violations that are accepted: written, compared, pruned, and left out."""

from __future__ import annotations

import io
import json
import os
import stat
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]

FILE = "rmwlint-baseline.json"
TWO = "hit()\nx = 1\nhit()  # other\n"


def entries(path: Path) -> list[dict[str, Any]]:
    document = json.loads(path.read_bytes())
    assert set(document) == {"version", "violations"}
    listed: list[dict[str, Any]] = document["violations"]
    return listed


def shown(rmwlint: Command, *arguments: str) -> list[str]:
    run = rmwlint("check", "--output-format", "concise", *arguments)
    assert run.code == (1 if run.out else 0), run.err
    return [line.partition(" ")[0] for line in run.out.splitlines()]


@pytest.mark.usefixtures("marked_lines")
class TestBaseline:
    def test_round_trip(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": TWO, "pkg/b.py": TWO, "pyproject.toml": ""})
        run = rmwlint("baseline")
        assert run == (0, "", f"rmwlint: {FILE} accepts 4 violations.\n")
        listed = entries(root / FILE)
        assert [(entry["path"], entry["code"], entry["count"]) for entry in listed] == [
            ("a.py", "RMW104", 1), ("a.py", "RMW104", 1), ("pkg/b.py", "RMW104", 1), ("pkg/b.py", "RMW104", 1)
        ]  # fmt: skip
        assert shown(rmwlint, "--baseline", FILE) == []
        assert "4 accepted by the baseline" in rmwlint("check", "--baseline", FILE).out
        assert len(shown(rmwlint)) == 4
        lay_out({"a.py": f"{TWO}hit()  # new\n"})
        assert shown(rmwlint, "--baseline", FILE) == ["a.py:4:1"]

    def test_lines_may_move(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": TWO})
        rmwlint("baseline")
        lay_out({"a.py": f"import os\n\n\n{TWO}".replace("  # other", "    # other")})
        assert shown(rmwlint, "--baseline", FILE) == []

    def test_equal_violations_are_counted(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": "hit()\nhit()\n"})
        rmwlint("baseline")
        (entry,) = entries(root / FILE)
        assert entry["count"] == 2
        lay_out({"a.py": "hit()\nhit()\nx = 1\nhit()\n"})
        assert shown(rmwlint, "--baseline", FILE) == ["a.py:4:1"]
        lay_out({"a.py": "hit()\n"})
        assert shown(rmwlint, "--baseline", FILE) == []

    def test_what_is_left_keeps_its_fingerprint(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "hit()\n"})
        rmwlint("baseline")
        lay_out({"a.py": "hit()\nhit()\n"})
        marks = [
            [violation["fingerprint"] for violation in json.loads(run.out)["violations"]]
            for run in (
                rmwlint("check", "--output-format", "json"),
                rmwlint("check", "--output-format", "json", "--baseline", FILE),
            )
        ]
        assert marks[1] == marks[0][1:]

    def test_the_file_does_not_change_without_need(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"b.py": TWO, "a.py": TWO, "c/a.py": TWO})
        rmwlint("baseline")
        before = (root / FILE).read_bytes()
        assert before.isascii() and before.endswith(b"}\n")
        rmwlint("baseline", "c", "b.py", "a.py")
        assert (root / FILE).read_bytes() == before
        os.utime(root / FILE, ns=(1, 1))
        assert rmwlint("baseline", "--prune").code == 0
        assert (root / FILE).stat().st_mtime_ns == 1

    def test_paths_are_relative_to_the_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"src/a.py": TWO, "ci/x": "", "pyproject.toml": ""})
        rmwlint("baseline", "-o", "ci/old.json", "src")
        assert {entry["path"] for entry in entries(root / "ci/old.json")} == {"../src/a.py"}
        os.chdir(root / "src")
        assert shown(rmwlint, "--baseline", "../ci/old.json") == []
        assert rmwlint("baseline", "--compare", "-o", "../ci/old.json").code == 0

    def test_compare(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": TWO})
        rmwlint("baseline")
        before = (root / FILE).read_bytes()
        assert rmwlint("baseline", "--compare") == (0, "", "")
        lay_out({"a.py": "hit()\nhit()  # new\n"})
        run = rmwlint("baseline", "--compare")
        assert run.code == 1
        assert run.out == "new   a.py:2:1 RMW104 marked\ngone  a.py RMW104 `x` f\n"
        assert (root / FILE).read_bytes() == before

    def test_prune(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": "hit()\nhit()\n", "b.py": TWO, "c.py": TWO})
        rmwlint("baseline")
        (root / "b.py").unlink()
        lay_out({"a.py": "hit()\nhit()  # new\n"})
        run = rmwlint("baseline", "--prune")
        assert run == (0, "", f"rmwlint: 3 violations gone, 3 left in {FILE}.\n")
        assert [(entry["path"], entry["count"]) for entry in entries(root / FILE)] == [
            ("a.py", 1), ("c.py", 1), ("c.py", 1)
        ]  # fmt: skip
        assert shown(rmwlint, "--baseline", FILE) == ["a.py:2:1"]

    def test_prune_leaves_what_it_has_not_looked_at(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": TWO, "b.py": TWO})
        rmwlint("baseline")
        lay_out({"a.py": "x = 1\n", "b.py": "x = 1\n"})
        rmwlint("baseline", "--prune", "a.py")
        assert {entry["path"] for entry in entries(root / FILE)} == {"b.py"}
        rmwlint("baseline", "--prune", "--select", "RMW202")
        assert len(entries(root / FILE)) == 2
        rmwlint("baseline", "--prune")
        assert entries(root / FILE) == []

    def test_the_settings_name_it(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"pkg/a.py": TWO, "rmwlint.toml": 'baseline = "ci/old.json"\n', "ci/x": ""})
        assert rmwlint("baseline", "pkg").code == 0
        assert len(entries(root / "ci/old.json")) == 2
        os.chdir(root / "pkg")
        assert shown(rmwlint) == []
        assert len(shown(rmwlint, "--no-baseline")) == 2

    def test_an_internal_error_leaves_the_file_alone(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": TWO})
        rmwlint("baseline")
        before = (root / FILE).read_bytes()
        lay_out({"a.py": "crash()\n"})
        for arguments in ([], ["--prune"], ["--compare"]):
            run = rmwlint("baseline", *arguments)
            assert run.code == 2
            assert "left as it is" in run.err
        assert (root / FILE).read_bytes() == before

    @pytest.mark.parametrize(("content", "said"), [
        (None, "does not exist; `rmwlint baseline -o old.json` writes one"),
        (b"", "is not JSON"),
        (b"<<<<<<< HEAD\n{}", "merge conflicts"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "is not of version 1"),
        (b'{"version": 2, "violations": []}', "is not of version 1"),
        (b'{"version": 1}', "rmwlint did not write"),
        (b'{"version": 1, "violations": [{"path": "a.py"}]}', "rmwlint did not write"),
        (b'{"version": 1, "violations": 3}', "rmwlint did not write"),
        (b'{"version": 1, "violations": [{"path": "a.py", "code": "RMW104", "function": "", "place": "", '
         b'"fingerprint": "x", "count": "1"}]}', "rmwlint did not write"),
    ])  # fmt: skip
    def test_a_file_that_cannot_be_used(
        self, lay_out: LayOut, rmwlint: Command, content: bytes | None, said: str
    ) -> None:
        lay_out({"a.py": TWO} if content is None else {"a.py": TWO, "old.json": content})
        for command in (("check", "--baseline", "old.json"), ("baseline", "--prune", "-o", "old.json")):
            run = rmwlint(*command)
            assert (run.code, run.out) == (2, "")
            assert said in run.err

    def test_a_folder_that_does_not_exist(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": TWO})
        run = rmwlint("baseline", "-o", "none/old.json")
        assert run.code == 2
        assert (
            run.err == "rmwlint: The baseline `none/old.json` cannot be written: No such file or directory.\n"
        )

    @pytest.mark.skipif(sys.platform == "win32", reason="rights are different there")
    def test_rights_of_the_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": TWO})
        old = os.umask(0o027)
        try:
            rmwlint("baseline")
        finally:
            os.umask(old)
        assert stat.S_IMODE((root / FILE).stat().st_mode) == 0o640
        (root / FILE).chmod(0o604)
        rmwlint("baseline")
        assert stat.S_IMODE((root / FILE).stat().st_mode) == 0o604
        assert sorted(os.listdir(root)) == ["a.py", FILE]

    @pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the file system has only Unicode names")
    def test_a_path_that_is_no_text(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"日本 'x'.py": TWO})
        (root / os.fsdecode(b"\xff.py")).write_text(TWO)
        rmwlint("baseline")
        assert shown(rmwlint, "--baseline", FILE) == []

    def test_standard_input(self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        lay_out({"a.py": TWO})
        rmwlint("baseline")
        for _ in range(2):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(f"{TWO}hit()  # new".encode())))
            assert shown(rmwlint, "--baseline", FILE, "--stdin-filename", "a.py", "-") == ["a.py:4:1"]
        assert rmwlint("baseline", "-").code == 2

    def test_one_deed_at_a_time(self, rmwlint: Command) -> None:
        assert rmwlint("baseline", "--prune", "--compare").code == 2
        assert rmwlint("check", "--baseline", "x", "--no-baseline").code == 2


def test_on_a_real_program(demo: Path, tmp_path: Path, rmwlint: Command) -> None:
    file = str(tmp_path / "old.json")
    assert rmwlint("baseline", "--no-cache", "-o", file, str(demo)).code == 0
    run = rmwlint("check", "--no-cache", "--baseline", file, "--output-format", "json", str(demo))
    summary = json.loads(run.out)["summary"]
    assert run.code == summary["violations"] == 0
    assert summary["accepted"] >= 5
