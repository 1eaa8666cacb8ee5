"""The command line as its users see it: what is printed where, and the exit code."""

from __future__ import annotations

import io
import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import rmwlint as package
from rmwlint.arguments import parse

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]
Command = Callable[..., Any]

HIT = "def f():\n    hit()\n"
CLEAN = "def f():\n    return 1\n"

needs_rights = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser may read and write everything"
)


def process(*arguments: str, cwd: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    root = str(Path(package.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, "-m", "rmwlint", *arguments],
        cwd=cwd, env={**environment, **options.pop("env", {})}, capture_output=True, encoding="utf-8", **options,
    )  # fmt: skip


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_version(rmwlint: Command, option: str) -> None:
    assert rmwlint(option) == (0, f"rmwlint {package.__version__}\n", "")


def test_version_imports_nothing_it_does_not_need(tmp_path: Path) -> None:
    code = (
        "import sys; before = set(sys.modules); from rmwlint.cli import main; main(['--version']);"
        "print(sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(package.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.splitlines()[1] == "['__future__', 'rmwlint', 'rmwlint.cli']"


@pytest.mark.parametrize("arguments", [[], ["chek"], ["check", "--jobs", "0"], ["check", "--jobs", "x"],
                                       ["check", "--output-format", "xml"], ["check", "--min-confidence", "total"],
                                       ["explain"]])  # fmt: skip
def test_wrong_usage(rmwlint: Command, arguments: list[str]) -> None:
    run = rmwlint(*arguments)
    assert run.code == 2
    assert run.out == ""
    assert "usage: rmwlint" in run.err


@pytest.mark.parametrize(("command", "lines"), [([], 24), (["check"], 50), (["fix"], 40), (["baseline"], 40)])
def test_help_fits_a_screen(
    rmwlint: Command, monkeypatch: pytest.MonkeyPatch, command: list[str], lines: int
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    shown = rmwlint(*command, "--help").out.splitlines()
    assert len(shown) <= lines
    assert max(map(len, shown)) <= 86


def test_every_example_of_the_help_is_understood(rmwlint: Command) -> None:
    for command in ([], ["check"]):
        shown = rmwlint(*command, "--help").out.partition("examples:")[2]
        examples = re.findall(r"rmwlint [a-z]+[^\n]*?(?=  |\n| > |`)", shown)
        assert len(examples) >= 4
        for example in examples:
            assert parse(shlex.split(example)[1:]).command


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("rmwlint ch", {"check"}),
        ("rmwlint check --output-format s", {"sarif"}),
        ("rmwlint explain --a", {"--all"}),
    ],
)
def test_a_shell_completes(tmp_path: Path, line: str, offered: set[str]) -> None:
    told = tmp_path / "told"
    environment = {
        **os.environ, "_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line)),
        "_ARGCOMPLETE_STDOUT_FILENAME": str(told),
    }  # fmt: skip
    subprocess.run([sys.executable, "-m", "rmwlint"], env=environment, check=False, capture_output=True)
    assert set(told.read_text().split()) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_a_shell_is_given(rmwlint: Command, shell: str) -> None:
    run = rmwlint("completion", shell)
    assert run.code == 0
    assert "rmwlint" in run.out


def test_help(rmwlint: Command) -> None:
    run = rmwlint("check", "--help")
    assert run.code == 0
    assert "--min-confidence" in run.out


@pytest.mark.usefixtures("marked_lines")
class TestCheck:
    def test_exit_codes(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"clean.py": CLEAN, "hit.py": HIT})
        assert rmwlint("check", "clean.py").code == 0
        assert rmwlint("check", "hit.py").code == 1
        assert rmwlint("check", ".").code == rmwlint("check").code == 1

    def test_concise(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": HIT})
        assert rmwlint("check", "--output-format", "concise").out == "a.py:2:5 RMW104 [high] marked\n"

    def test_a_missing_path(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": HIT})
        assert rmwlint("check", "a.py", "b.py") == (2, "", "rmwlint: `b.py` does not exist.\n")

    def test_an_empty_folder(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"readme.txt": ""})
        run = rmwlint("check")
        assert (run.code, run.out) == (0, "")
        assert "no Python files" in run.err

    def test_an_empty_folder_is_still_a_document(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({})
        run = rmwlint("check", "--output-format", "json")
        assert json.loads(run.out)["summary"]["files"] == 0

    def test_an_empty_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": b"", "b.py": b"\xef\xbb\xbf", "c.py": b"\n\r\n\r"})
        assert rmwlint("check").code == 0

    @pytest.mark.parametrize(("data", "said"), [
        (b"def f(:\n", "invalid syntax"),
        (b"x = '\xe4'\n", "not utf-8"),
        (b"x = 1\0\n", "null byte"),
        (b"# coding: klingon\n", "klingon"),
        (b"(" * 1000 + b")" * 1000, "nested"),
        (b'print "x"\n', "invalid syntax: Missing parentheses"),
    ])  # fmt: skip
    def test_a_file_that_cannot_be_read(
        self, lay_out: LayOut, rmwlint: Command, data: bytes, said: str
    ) -> None:
        lay_out({"bad.py": data, "good.py": HIT})
        run = rmwlint("check", "--output-format", "json")
        bad, good = json.loads(run.out)["violations"]
        assert run.code == 1
        assert (bad["code"], bad["path"], bad["line"]) == ("RMW901", "bad.py", 1)
        assert said in bad["message"]
        assert good["path"] == "good.py"

    @pytest.mark.parametrize("data", [
        "x = 'ä'\nhit()\n".encode(), b"\xef\xbb\xbfx = 1\nhit()\n", b"x = 1\r\nhit()\r\n", b"x = 1\rhit()\r",
        "# coding: latin-1\nx = 'ä'; hit()\n".encode("latin-1"), b"\x0c\nhit()\n", b"x = 1\nhit()",
    ])  # fmt: skip
    def test_encodings_and_line_ends(self, lay_out: LayOut, rmwlint: Command, data: bytes) -> None:
        lay_out({"a.py": data})
        (found,) = json.loads(rmwlint("check", "--output-format", "json").out)["violations"]
        assert (found["code"], found["line"]) == ("RMW104", 2)

    def test_a_path_of_any_letters(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"mö dul-e/日本 'x'.py": HIT})
        assert rmwlint("check", "--output-format", "concise").out.startswith("mö dul-e/日本 'x'.py:2:5 ")

    @pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the file system has only Unicode names")
    def test_a_path_that_is_no_text(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({})
        (root / os.fsdecode(b"\xff.py")).write_text(HIT)
        for form in ("full", "concise", "json"):
            assert rmwlint("check", "--output-format", form).code == 1

    def test_a_giant_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"big.py": "x = 1\n" * 900_000, "a.py": HIT})
        big = json.loads(rmwlint("check", "--output-format", "json").out)["violations"][1]
        assert (big["code"], big["path"]) == ("RMW901", "big.py")
        assert "larger than 4096 KiB" in big["message"]
        assert "max-file-size" in big["remedy"]

    def test_how_large_a_file_may_be_is_a_setting(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": HIT, "rmwlint.toml": "max-file-size = 10\n"})
        assert "RMW901" in rmwlint("check").out

    def test_a_long_generated_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "table = {\n" + "    'key': [1, 2, 3],\n" * 30_000 + "}\nhit()\n"})
        assert "a.py:30003:1 RMW104" in rmwlint("check").out

    def test_a_long_expression(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "x = " + " + ".join(["'a'"] * 3000) + "\nhit()\n"})
        run = rmwlint("check", "--output-format", "concise")
        assert "a.py:2:1 RMW104" in run.out or "a.py:1:1 RMW901" in run.out

    @needs_rights
    def test_a_file_without_rights(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": HIT, "sub/b.py": HIT})
        (root / "a.py").chmod(0)
        (root / "sub").chmod(0)
        try:
            run = rmwlint("check", "--output-format", "concise")
        finally:
            (root / "sub").chmod(stat.S_IRWXU)
        assert run.code == 1
        assert run.out.count("RMW901") == 2
        assert "Permission denied" in run.out

    def test_what_is_no_regular_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"a.py": HIT})
        (root / "loop.py").symlink_to(root / "loop.py")
        assert rmwlint("check").code == 1
        run = rmwlint("check", "loop.py")
        assert run.code == 2
        assert "`loop.py` cannot be opened" in run.err

    def test_confidence(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "hit()\nguess()\n"})
        assert rmwlint("check", "--output-format", "concise").out.count("\n") == 1
        assert "[low]" in rmwlint("check", "--output-format", "concise", "--min-confidence", "low").out

    @pytest.mark.parametrize("words", [["RMW104"], ["rmw1"], ["lost-arithmetic"], ["lost_arithmetic"], ["ALL"],
                                       ["RMW202,RMW104"]])  # fmt: skip
    def test_select(self, lay_out: LayOut, rmwlint: Command, words: list[str]) -> None:
        lay_out({"a.py": HIT})
        assert rmwlint("check", "--select", *words).code == 1
        assert rmwlint("check", "--ignore", *words).code == 0
        assert rmwlint("check", "--select", "RMW202", "--extend-select", *words).code == 1
        assert rmwlint("check", "--select", "RMW202").code == 0

    @pytest.mark.parametrize("option", ["--select", "--ignore", "--extend-select"])
    def test_unknown_codes(self, lay_out: LayOut, rmwlint: Command, option: str) -> None:
        lay_out({"a.py": HIT})
        run = rmwlint("check", option, "lost-aritmetic")
        assert run == (
            2,
            "",
            "rmwlint: `lost-aritmetic` is no code or name of a check; did you mean `lost-arithmetic`?\n",
        )
        assert rmwlint("check", option, "RMW777").code == 2

    def test_selection_on_the_command_line_wins(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": HIT, "rmwlint.toml": 'ignore = ["RMW104"]\n'})
        assert rmwlint("check").code == 0
        assert rmwlint("check", "--select", "RMW104").code == 1

    def test_an_unreadable_file_is_said_whatever_is_selected(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "def f(:\n"})
        assert rmwlint("check", "--select", "RMW104").code == 1
        assert rmwlint("check", "--ignore", "RMW901").code == 0

    def test_include_tests(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"tests/test_a.py": HIT, "a.py": CLEAN})
        assert rmwlint("check").code == 0
        assert rmwlint("check", "--include-tests").code == 1
        assert rmwlint("check", "tests/test_a.py").code == 1

    def test_statistics(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": "hit()\nhit()\nx = 1  # rmwlint: ignore\n"})
        lines = rmwlint("check", "--statistics").out.splitlines()
        assert lines[-2:] == ["     2 RMW104 lost-arithmetic", "     1 RMW902 unused-suppression"]

    def test_an_internal_error_costs_one_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"a.py": HIT, "b.py": "crash()\n", "c.py": HIT})
        run = rmwlint("check", "--output-format", "json")
        document = json.loads(run.out)
        assert run.code == 2
        assert [violation["path"] for violation in document["violations"]] == ["a.py", "c.py"]
        (error,) = document["errors"]
        assert (error["code"], error["path"]) == ("RMW903", "b.py")
        assert error["message"] == "internal error: ValueError: a mistake"
        assert "Traceback" in error["traceback"]
        for form in ("full", "concise"):
            assert "b.py" in rmwlint("check", "--output-format", form).out

    def test_an_internal_error_in_the_only_file(self, lay_out: LayOut, rmwlint: Command) -> None:
        lay_out({"b.py": "crash()\n"})
        run = rmwlint("check")
        assert run.code == 2
        assert "RMW903 internal error: ValueError: a mistake" in run.out

    def test_standard_input(self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        lay_out({"pkg/a.py": CLEAN, "rmwlint.toml": ""})
        for arguments, shown in ((["--stdin-filename", "pkg/a.py"], "pkg/a.py"), ([], "<stdin>")):
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(HIT.encode())))
            run = rmwlint("check", "--output-format", "concise", *arguments, "-")
            assert run == (1, f"{shown}:2:5 RMW104 [high] marked\n", "")

    @pytest.mark.parametrize("arguments", [["-", "a.py"], ["--stdin-filename", "a.py", "."]])
    def test_standard_input_alone(self, lay_out: LayOut, rmwlint: Command, arguments: list[str]) -> None:
        lay_out({"a.py": HIT})
        assert rmwlint("check", *arguments).code == 2

    def test_interrupted(self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        lay_out({"a.py": HIT})
        monkeypatch.setattr("rmwlint.asking.analyse", interrupted)
        assert rmwlint("check") == (130, "", "")

    def test_colours_on_a_terminal_only(
        self, lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lay_out({"a.py": HIT})
        plain = rmwlint("check").out
        assert "\x1b[" not in plain
        monkeypatch.setenv("FORCE_COLOR", "1")
        coloured = rmwlint("check").out
        assert "\x1b[1;31mRMW104" in coloured
        monkeypatch.setenv("NO_COLOR", "1")
        assert rmwlint("check").out == plain

    def test_paths_are_relative_to_where_it_runs(self, lay_out: LayOut, rmwlint: Command) -> None:
        root = lay_out({"pkg/__init__.py": "", "pkg/a.py": HIT, "pyproject.toml": ""})
        marks = set()
        for folder, path in ((root, "pkg/a.py"), (root / "pkg", "a.py"), (root / "pkg", str(root))):
            os.chdir(folder)
            (found,) = json.loads(rmwlint("check", "--output-format", "json", path).out)["violations"]
            assert found["path"] == os.path.relpath(root / "pkg/a.py")
            marks.add(found["fingerprint"])
        assert len(marks) == 1


class TestDescriptions:
    def test_list(self, rmwlint: Command) -> None:
        run = rmwlint("list")
        assert run.code == 0
        assert [line.split()[0] for line in run.out.splitlines()] == sorted(
            line[:6] for line in run.out.splitlines()
        )
        assert "RMW104 lost-arithmetic" in run.out

    def test_list_as_json(self, rmwlint: Command) -> None:
        rows = json.loads(rmwlint("list", "--output-format", "json").out)
        assert len(rows) == len(rmwlint("list").out.splitlines())
        for row in rows:
            assert set(row) == {"code", "name", "since", "default", "title"}
            assert row["title"]

    def test_explain_by_code_and_name(self, rmwlint: Command) -> None:
        run = rmwlint("explain", "RMW104")
        assert run.code == 0
        assert run.out.startswith("RMW104 lost-arithmetic (since 0.1)\n\n")
        assert "Bad:" in run.out
        assert "Good:" in run.out
        assert rmwlint("explain", "lost-arithmetic") == run

    def test_explain_everything_listed(self, rmwlint: Command) -> None:
        for row in json.loads(rmwlint("list", "--output-format", "json").out):
            assert row["title"] in rmwlint("explain", row["code"]).out

    def test_explain_as_markdown(self, rmwlint: Command) -> None:
        page = rmwlint("explain", "--all", "--output-format", "markdown").out
        for row in json.loads(rmwlint("list", "--output-format", "json").out):
            assert f"## {row['code']} {row['name']}" in page
            assert f"[{row['code']}](#{row['code'].lower()}-{row['name']})" in page
            one = rmwlint("explain", row["name"], "--output-format", "markdown").out
            assert row["title"] in one
            assert one in page
        assert page.count("```") % 2 == 0

    def test_explain_what_does_not_exist(self, rmwlint: Command) -> None:
        run = rmwlint("explain", "lost-arithmetics")
        assert run == (
            2,
            "",
            "rmwlint: `lost-arithmetics` is no code or name of a check; did you mean `lost-arithmetic`?\n",
        )


class TestProcess:
    def test_ascii_terminals(self, lay_out: LayOut) -> None:
        root = lay_out({"ä.py": "def f(:\n"})
        run = process("check", cwd=root, env={"PYTHONIOENCODING": "ascii"})
        assert run.returncode == 1
        assert "\\xe4.py:1:7 RMW901" in run.stdout
        assert "    1 | def f(:" in run.stdout

    def test_a_reader_that_leaves(self, lay_out: LayOut) -> None:
        root = lay_out({f"bad{number}.py": "def f(:\n" for number in range(300)})
        reading, writing = os.pipe()
        os.close(reading)
        try:
            run = subprocess.run(
                [sys.executable, "-m", "rmwlint", "check", str(root), "--no-cache"], stdout=writing, stderr=subprocess.PIPE,
                cwd=Path(package.__file__).parents[1], text=True,
            )  # fmt: skip
        finally:
            os.close(writing)
        assert (run.returncode, run.stderr) == (1, "")

    def test_as_many_processes_as_one_likes(self, lay_out: LayOut) -> None:
        body = "import os\n\n\ndef f(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"
        files = {f"pkg/m{number}.py": body + f"# {'x' * 60_000} {number}\n" for number in range(40)}
        root = lay_out({**files, "pkg/bad.py": "def f(:\n", "pkg/__init__.py": "", "pyproject.toml": ""})
        outputs = {
            process("check", "--no-cache", "--output-format", "json", "--jobs", jobs, cwd=root).stdout
            for jobs in "124"
        }
        assert len(outputs) == 1
        document = json.loads(outputs.pop())
        assert document["summary"]["files"] == 42
        assert {"RMW406", "RMW901"} <= set(document["summary"]["by_code"])


def test_a_mistake_of_ours_is_no_violation() -> None:
    code = "from rmwlint import cli\ncli.main = lambda: 1 / 0\ncli.run()"
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "ZeroDivisionError" in ended.stderr
