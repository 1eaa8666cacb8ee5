"""What holds of every rewrite, and each as a command of libcst."""

from __future__ import annotations

import re
from pathlib import Path

import libcst as cst
import pytest
from libcst.codemod import CodemodContext, SkipFile

from rmwlint.check import registry
from rmwlint.fix import commands, rewrites
from rmwlint.fix.commands import COMMANDS
from rmwlint.fix.rewrite import Rewrite
from rmwlint.source.project import project_root


def test_the_order_names_every_module() -> None:
    folder = Path(rewrites.__file__).parent
    assert sorted(rewrites.IN_ORDER) == sorted(path.stem for path in folder.glob("[!_]*.py"))


@pytest.mark.parametrize("rewrite", rewrites.rewrites(), ids=lambda rewrite: rewrite.name)
def test_it_says_what_it_does_and_promises(rewrite: Rewrite) -> None:
    assert rewrite.codes and set(rewrite.codes) <= set(registry())
    assert rewrite.does and rewrite.library
    assert rewrite.safe or rewrite.unsafe
    assert ("Safe " in rewrite.doc) == bool(rewrite.safe)
    assert ("Unsafe " in rewrite.doc) == bool(rewrite.unsafe)
    assert re.match(r"\S.*\n\n", rewrite.doc)


@pytest.mark.parametrize("code", sorted(registry()))
def test_checks_say_what_their_fixes_do_and_promise(code: str) -> None:
    doc = " ".join(registry()[code].doc.split())
    fixes = rewrites.rewrites_of(code)
    for fix in fixes:
        assert fix.explained() in doc
    assert doc.count("Fix for ") == len(fixes)


def test_each_is_a_command() -> None:
    assert len(COMMANDS) == len(rewrites.IN_ORDER)
    for name, command in COMMANDS.items():
        assert getattr(commands, name) is command
        assert command.DESCRIPTION


def test_a_command_mends_its_own_codes_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()
    code = """from django.db import models


class Order(models.Model):
    note = models.TextField()
    count = models.IntegerField()


def f(pk):
    order = Order.objects.get(pk=pk)
    order.count += 1
    order.save(update_fields=["count"])
    other = Order.objects.get(pk=pk)
    other.note = "x"
    other.save()
"""
    path = tmp_path / "a.py"
    path.write_text(code)
    command = COMMANDS["ComputeInDatabase"](CodemodContext(filename=str(path)))
    assert command.transform_module(cst.parse_module(code)).code == code.replace(
        "order.count += 1", 'order.count = models.F("count") + 1'
    ).replace('"count"])\n', '"count"])\n', 1)
    with pytest.raises(SkipFile):
        COMMANDS["LockRow"](CodemodContext()).transform_module(cst.parse_module(code))
