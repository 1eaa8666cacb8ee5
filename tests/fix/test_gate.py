from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from rmwlint.config import Settings
from rmwlint.fix import apply
from rmwlint.fix.change import Change, Left
from rmwlint.fix.gate import lost_comment, refused, unbound
from rmwlint.fix.rewrite import SAFE, Rewrite
from rmwlint.fix.run import fix
from rmwlint.fix.source import Source
from rmwlint.request import Request
from rmwlint.source.project import project_root
from rmwlint.violation import Confidence, Span, Violation


def violation(code: str, function: str = "f") -> Violation:
    return Violation(code, "name", "message", "a.py", Span(1, 1, 1, 2), function, Confidence.HIGH, "x")


def judged(
    before: bytes,
    after: bytes,
    old: Sequence[Violation],
    new: Sequence[Violation],
    mended: Sequence[Violation],
    least: Confidence = Confidence.MEDIUM,
) -> str:
    return refused(before, after, old, new, mended, least)


def test_it_must_parse() -> None:
    assert "does not parse" in judged(b"x = 1\n", b"x = (\n", [], [], [])


def test_its_names_must_be_bound() -> None:
    assert judged(b"x = 1\n", b"x = F(1)\n", [], [], []) == "the result uses `F`, which nothing binds"
    assert judged(b"x = 1\n", b"from m import F\nx = F(1)\n", [], [], []) == ""
    assert judged(b"x = y\n", b"x = y + 1\n", [], [], []) == ""


def test_the_violation_must_go_and_no_other_come() -> None:
    old = [violation("RMW104"), violation("RMW202")]
    assert judged(b"", b"", old, [old[1]], [old[0]]) == ""
    assert judged(b"", b"", old, old, [old[0]]) == "RMW104 would still be there"
    assert judged(b"", b"", old, [old[1], violation("RMW301")], [old[0]]) == "RMW301 would be new"
    moved = violation("RMW202", "g")
    assert judged(b"", b"", old, [old[1], moved], [old[0]]) == "RMW202 would be new"
    twice = [violation("RMW104"), violation("RMW104")]
    assert judged(b"", b"", twice, twice[:1], twice) == "RMW104 would still be there"


def test_what_is_only_less_sure_is_not_gone() -> None:
    old = [violation("RMW104")]
    unsure = violation("RMW104")._replace(confidence=Confidence.LOW)
    assert judged(b"", b"", old, [unsure], old) == "RMW104 would still be there"


def test_a_new_one_counts_where_it_would_be_shown() -> None:
    old = [violation("RMW104")]
    unsure = violation("RMW401")._replace(confidence=Confidence.LOW)
    assert judged(b"", b"", old, [unsure], old) == ""
    assert judged(b"", b"", old, [unsure], old, Confidence.LOW) == "RMW401 would be new"
    risen = [violation("RMW401")._replace(confidence=Confidence.MEDIUM)]
    assert judged(b"", b"", [*old, unsure], risen, old) == "RMW401 would be new"


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ("x = 1  # one\n", "# one\nx = 1\n", ""),
        ("x = 1  # one\n", "x = 1\n", "# one"),
        ("# a\nx = 1\n# a\n", "# a\nx = 1\n", "# a"),
        ("x = '# no'\n", "x = 'no'\n", ""),
        ('x = """\n# no\n"""\n', "x = ''\n", ""),
        ("if x:\n    # in\n    y = 1\n", "# in\ny = 1\n", ""),
        ("x = 1  # one\r\n", "x = 2  # one\r\n", ""),
    ],
)
def test_every_comment_stays(before: str, after: str, lost: str) -> None:
    assert lost_comment(before, after) == lost
    reason = f"the comment `{lost}` would be lost" if lost else ""
    assert judged(before.encode(), after.encode(), [], [], []) == reason


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
