from __future__ import annotations

from pathlib import Path

import pytest

from rmwlint.config import Settings
from rmwlint.fix import apply
from rmwlint.fix.change import Change, Left
from rmwlint.fix.gate import refused, unbound
from rmwlint.fix.rewrite import SAFE, Rewrite
from rmwlint.fix.run import fix
from rmwlint.fix.source import Source
from rmwlint.request import Request
from rmwlint.source.project import project_root
from rmwlint.violation import Confidence, Span, Violation


def violation(code: str, function: str = "f") -> Violation:
    return Violation(code, "name", "message", "a.py", Span(1, 1, 1, 2), function, Confidence.HIGH, "x")


def test_it_must_parse() -> None:
    assert "does not parse" in refused(b"x = 1\n", b"x = (\n", [], [], [])


def test_its_names_must_be_bound() -> None:
    assert refused(b"x = 1\n", b"x = F(1)\n", [], [], []) == "the result uses `F`, which nothing binds"
    assert refused(b"x = 1\n", b"from m import F\nx = F(1)\n", [], [], []) == ""
    assert refused(b"x = y\n", b"x = y + 1\n", [], [], []) == ""


def test_the_violation_must_go_and_no_other_come() -> None:
    old = [violation("RMW104"), violation("RMW202")]
    assert refused(b"", b"", old, [old[1]], [old[0]]) == ""
    assert refused(b"", b"", old, old, [old[0]]) == "RMW104 would still be there"
    assert refused(b"", b"", old, [old[1], violation("RMW301")], [old[0]]) == "RMW301 would be new"
    moved = violation("RMW202", "g")
    assert refused(b"", b"", old, [old[1], moved], [old[0]]) == "RMW202 would be new"
    twice = [violation("RMW104"), violation("RMW104")]
    assert refused(b"", b"", twice, twice[:1], twice) == "RMW104 would still be there"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("print(__file__, __name__)", set()),
        ("def f(a):\n    b = a\n    return [c for c in b]", set()),
        ("def f():\n    return later\nlater = 1", set()),
        ("def f():\n    global made\n    made = 1\nprint(made)", set()),
        ("class A:\n    x = y", {"y"}),
        ("def f():\n    return lambda: gone", {"gone"}),
        ("try:\n    pass\nexcept ValueError as e:\n    print(e)", set()),
        ("import a.b as c, d.e\nc, d", set()),
    ],
)
def test_unbound(code: str, names: set[str]) -> None:
    assert unbound(code.encode()) == names


ORDERS = b"""from django.db import models


class Order(models.Model):
    note = models.TextField()
    status = models.TextField()


def one(pk):
    order = Order.objects.get(pk=pk)
    order.note = "x"
    order.save()


def two(pk):
    order = Order.objects.get(pk=pk)
    order.status = "x"
    order.save()
"""


def test_bad_rewrites_are_refused_and_the_good_ones_beside_them_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two changes in one round the gate takes the good one, whatever the other breaks."""
    import libcst as cst

    bad = Rewrite("RMW202", library="", does="")

    @bad.of_violation
    def attempt(source: Source, violation: Violation) -> Change | Left:
        call = source.at(violation.span, cst.Call)
        assert call is not None
        code = "gone()" if violation.function == "one" else "order.save(update_fields=['status'])"
        return Change({call: cst.parse_expression(code)}, (), SAFE, "does it")

    monkeypatch.setattr(apply, "rewrites_of", lambda code: (bad,) if code == "RMW202" else ())
    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()
    Path("a.py").write_bytes(ORDERS)
    outcome = fix(
        Request(["a.py"], Settings(base=tmp_path), use_cache=False, jobs=1), unsafe=False, write=True
    )
    assert outcome.mended == 1
    assert [one.reason for one in outcome.left] == ["the result uses `gone`, which nothing binds"]
    before, after = ORDERS.rsplit(b"save()", 1)
    assert Path("a.py").read_bytes() == before + b"save(update_fields=['status'])" + after


def test_a_rewrite_that_fails_costs_one_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Rewrite("RMW202", library="", does="")

    @broken.of_violation
    def attempt(source: Source, violation: Violation) -> Change | Left:
        raise KeyError("a mistake")

    monkeypatch.setattr(apply, "rewrites_of", lambda code: (broken,) if code == "RMW202" else ())
    monkeypatch.chdir(tmp_path)
    project_root.cache_clear()
    Path("a.py").write_bytes(ORDERS)
    outcome = fix(
        Request(["a.py"], Settings(base=tmp_path), use_cache=False, jobs=1), unsafe=False, write=True
    )
    assert Path("a.py").read_bytes() == ORDERS
    assert all("internal error" in one.reason for one in outcome.left)
    assert len(outcome.left) == 2
