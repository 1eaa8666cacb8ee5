from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Command, LayOut

MODELS = """from django.db import models


class Order(models.Model):
    note = models.TextField()
    count = models.IntegerField()
"""
SAFE = """

def annotate(pk, note):
    order = Order.objects.get(pk=pk)
    order.note = note
    order.save()
"""
CLOSE = """

def begin(pk):
    Order.objects.filter(pk=pk).update(count=0)
"""
UNSAFE = """

def touch(order: Order):
    order.note = "x"
    order.save()
"""
FIXED = 'save(update_fields=["note"])'


def test_fix_writes_and_says_what(lay_out: LayOut, rmwlint: Command) -> None:
    folder = lay_out({"a.py": MODELS + SAFE, "b.py": "x = 1\n"})
    run = rmwlint("fix", ".")
    assert run.code == 0
    assert run.out.splitlines() == [
        "a.py:12:5 RMW202 fixed: saves only `note` (safe)",
        "Fixed 1 violation in 1 file.",
    ]
    assert FIXED in (folder / "a.py").read_text()
    assert rmwlint("fix", ".").out == "Fixed 0 violations in 0 files.\n"


def test_unsafe_fixes_are_asked_for(lay_out: LayOut, rmwlint: Command) -> None:
    folder = lay_out({"a.py": MODELS + UNSAFE})
    run = rmwlint("fix", "a.py")
    assert run.code == 1
    assert "left: only with --unsafe-fixes" in run.out
    assert run.out.endswith("1 left (1 of them can be fixed with `--unsafe-fixes`).\n")
    assert (folder / "a.py").read_text() == MODELS + UNSAFE
    assert rmwlint("fix", "--unsafe-fixes", "a.py").code == 0
    assert FIXED in (folder / "a.py").read_text()


@pytest.mark.parametrize("command", [("fix", "--diff"), ("check", "--diff")])
def test_a_diff_writes_nothing(lay_out: LayOut, rmwlint: Command, command: tuple[str, ...]) -> None:
    code = (MODELS + SAFE).replace("\n", "\r\n")
    folder = lay_out({"shop/a.py": code})
    run = rmwlint(*command, "shop")
    assert run.code == 1
    assert run.out.startswith("--- a/shop/a.py\n+++ b/shop/a.py\n@@ -9,4 +9,4 @@\n")
    assert run.out.endswith('-    order.save()\r\n+    order.save(update_fields=["note"])\r\n')
    assert "Would fix 1 violation in 1 file." in run.err
    assert (folder / "shop/a.py").read_bytes().decode() == code
    lay_out({"shop/a.py": "x = 1\n"})
    clean = rmwlint(*command, "shop")
    assert (clean.code, clean.out) == (0, "")


def test_what_an_override_asks_for_is_mended(lay_out: LayOut, rmwlint: Command) -> None:
    overrides = """
[tool.rmwlint]
select = ["RMW1"]
[[tool.rmwlint.overrides]]
paths = ["shop/"]
extend-select = ["RMW202"]
"""
    code = MODELS + SAFE + CLOSE
    folder = lay_out({"pyproject.toml": overrides, "a.py": code, "shop/b.py": code})
    run = rmwlint("fix", ".")
    assert (run.code, run.out.splitlines()[-1]) == (0, "Fixed 1 violation in 1 file.")
    assert FIXED in (folder / "shop/b.py").read_text()
    assert FIXED not in (folder / "a.py").read_text()


def test_check_fix_reports_the_rest(lay_out: LayOut, rmwlint: Command) -> None:
    folder = lay_out({"a.py": MODELS + SAFE + UNSAFE})
    run = rmwlint("check", "--fix", "--output-format", "json", "a.py")
    assert run.code == 1
    (left,) = json.loads(run.out)["violations"]
    assert (left["function"], left["fix"]) == ("touch", None)
    assert "Fixed 1 violation in 1 file, 1 left" in run.err
    assert (folder / "a.py").read_text().count(FIXED) == 1
    assert rmwlint("check", "--fix", "--unsafe-fixes", "a.py").code == 0


def test_with_fixes_gives_each_its_own(lay_out: LayOut, rmwlint: Command) -> None:
    code = MODELS + SAFE + UNSAFE
    folder = lay_out({"a.py": code})
    plain = json.loads(rmwlint("check", "--output-format", "json", "a.py").out)
    assert [one["fix"] for one in plain["violations"]] == [None, None]
    found = json.loads(rmwlint("check", "--output-format", "json", "--with-fixes", "a.py").out)
    fixes = [one["fix"] for one in found["violations"]]
    assert [one["applicability"] for one in fixes] == ["safe", "unsafe"]
    lines = code.splitlines(keepends=True)
    (edit,) = fixes[0]["edits"]
    lines[edit["line"] - 1 : edit["end_line"] - 1] = [edit["text"]]
    assert "".join(lines) == code.replace("save()", FIXED, 1)
    assert (folder / "a.py").read_text() == code
    assert "fix (safe): saves only `note`" in rmwlint("check", "--with-fixes", "a.py").out


def test_select_limits_what_is_fixed(lay_out: LayOut, rmwlint: Command) -> None:
    code = (
        MODELS
        + SAFE
        + "\n\ndef forget(path):\n    import os\n    if os.path.exists(path):\n        os.remove(path)\n"
    )
    folder = lay_out({"a.py": code})
    run = rmwlint("fix", "--select", "RMW406", "a.py")
    assert run.code == 0
    text = (folder / "a.py").read_text()
    assert "suppress(FileNotFoundError)" in text
    assert FIXED not in text


def test_a_suppressed_violation_is_not_fixed(lay_out: LayOut, rmwlint: Command) -> None:
    code = (MODELS + SAFE).replace("save()", "save()  # noqa: RMW202")
    folder = lay_out({"a.py": code})
    assert rmwlint("fix", "a.py").code == 0
    assert (folder / "a.py").read_text() == code


def test_a_read_only_file_is_reported(lay_out: LayOut, rmwlint: Command) -> None:
    folder = lay_out({"a.py": MODELS + SAFE})
    (folder / "a.py").chmod(0o444)
    run = rmwlint("fix", "a.py")
    assert run.code == 1
    assert "a.py was left as it is: it is read-only." in run.out
    assert (folder / "a.py").read_text() == MODELS + SAFE


def test_a_file_that_changes_meanwhile_is_reported(
    lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = lay_out({"a.py": MODELS + SAFE})
    from rmwlint.fix.write import replace_file as real

    def late(path: str, before: bytes, after: bytes) -> None:
        Path(path).write_text("x = 1\n")
        real(path, before, after)

    monkeypatch.setattr("rmwlint.fix.run.replace_file", late)
    run = rmwlint("fix", "a.py")
    assert "it has changed since it was read" in run.out
    assert run.code == 1
    assert (folder / "a.py").read_text() == "x = 1\n"


def test_standard_input_is_not_fixed(
    lay_out: LayOut, rmwlint: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_out({})
    monkeypatch.setattr("rmwlint.cli._given", lambda _: ("a.py", b"x = 1\n"))
    run = rmwlint("check", "--fix", "-")
    assert run.code == 2
    assert "standard input cannot be fixed" in run.err


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        ("# -*- coding: latin-1 -*-\n# caf\u00e9\n", "latin-1"),
        ("\ufeff# caf\u00e9\n", "utf-8"),
        ("# \u65e5\u672c\n\f\n", "utf-8"),
        ("\u0023 caf\u00e9\r\n", "utf-8"),
    ],
)
def test_encodings_and_odd_line_ends_stay(
    lay_out: LayOut, rmwlint: Command, head: str, encoding: str
) -> None:
    code = head + MODELS + SAFE.rstrip("\n")
    folder = lay_out({"a.py": code.encode(encoding)})
    assert rmwlint("fix", "a.py").code == 0
    assert (folder / "a.py").read_bytes() == code.replace("save()", FIXED).encode(encoding)


def test_an_unparsable_file_is_no_obstacle(lay_out: LayOut, rmwlint: Command) -> None:
    folder = lay_out({"a.py": MODELS + SAFE, "b.py": "def (:\n"})
    run = rmwlint("fix", ".")
    assert run.code == 1
    assert "b.py:1:5 RMW901 left" in run.out
    assert FIXED in (folder / "a.py").read_text()


def test_the_list_of_fixes(lay_out: LayOut, rmwlint: Command) -> None:
    lay_out({})
    run = rmwlint("list", "--fixes")
    assert run.code == 0
    lines = run.out.splitlines()
    assert lines[0] == "| check | library | fix | safe where | unsafe because | executed |"
    assert all(line.count("|") == 7 for line in lines)
    assert any(line.startswith("| RMW202 all-columns-save | Django, Tortoise | ") for line in lines)


def test_libcst_is_imported_only_to_fix() -> None:
    code = "import sys, rmwlint.cli as c; c.main(['check', 'nowhere.py']); print('libcst' in sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path(__file__).parents[2]
    )
    assert out.stdout == "False\n"
    for path in (Path(__file__).parents[2] / "rmwlint").rglob("*.py"):
        if path.parent.name not in ("fix", "rewrites"):
            assert "libcst" not in path.read_text("utf-8").replace("libcst,", ""), path
