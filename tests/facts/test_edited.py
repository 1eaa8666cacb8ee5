"""Facts that are brought up to date by the one function that was edited are those of the whole text."""

from __future__ import annotations

import ast
import random
import sysconfig
import warnings
from pathlib import Path

import pytest

from rmwlint.facts.edited import edited
from rmwlint.facts.lower import lower
from rmwlint.facts.model import Module
from rmwlint.source.text import split_lines

TEXT = '''\
import os

LIMIT = max(1, 2, key=lambda one: -one)


@decorate(
    1,
)
def first(order, sizes=(1, 2)):
    """Say nothing."""
    order.size = sizes
    return sorted(sizes, key=lambda one: -one)


class Shelf:
    """What things lie on."""

    kind: str = "wood"

    def __init__(self, size):
        self.size = size
        self.room: int = size

    @property
    def half(self):
        def halved(of):
            self.seen = of
            return of / 2

        return halved(self.size)

    class Board:
        def saw(self):
            try:
                return self.cut()
            finally:
                [lambda: part for part in self.parts]

        async def plane(self): return await self.smooth()

    def last(self):
        while self.size:
            yield self.size


if os.name == "posix":
    def behind():
        return 1
else:
    def behind():
        return 2
''' + "AFTER = lambda: [behind() for _ in range(LIMIT)]\n"  # fmt: skip


def facts(text: str) -> Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    return lower(tree, "shop.shelf", "shop/shelf.py", is_package=False)


def by_part(before: str, after: str) -> Module | None:
    module = facts(before)
    assert module is not None
    return edited(module, split_lines(before), split_lines(after))


BODIES = {
    "a statement more": ("order.size = sizes", "order.size = sizes\n    order.save()"),
    "a statement less": ("    order.size = sizes\n", ""),
    "within a line": ("order.size = sizes", "order.size = len(sizes)"),
    "letters of two bytes": ("order.size = sizes", 'order.size = "é", sizes'),
    "the last line": ("key=lambda one: -one)\n\n\nclass", "key=lambda one: +one + 1)\n\n\nclass"),
    "after the last line": ("-one)\n\n\nclass", "-one)\n    # sorted\n\n\nclass"),
    "a string over several lines": ("Say nothing.", "Say\n\n    nothing."),
    "the first statement goes": ('    """Say nothing."""\n', ""),
    "a method": ("self.size = size\n", "self.size = size + 1\n\n"),
    "an attribute is stored twice": ("self.size = size\n", "self.size = 0\n        self.size = size\n"),
    "a function in a method": ("of / 2", "of // 2"),
    "a copied body": ("return self.cut()", "return self.cut(1, 2)"),
    "a function that yields no more": ("yield self.size", "return self.size"),
    "a branch": ("return 1", "return 1 if os.path else 3"),
    "the last of a class": ("            yield self.size", "            yield (\n                self.size)"),
}  # fmt: skip

MORE = {
    "a name": ("def first", "def erste"),
    "a parameter": ("order, sizes=(1, 2)", "order, sizes=(1, 2), *more"),
    "a default": ("sizes=(1, 2)", "sizes=(1, 3)"),
    "a decorator": ("    1,\n)", "    2,\n)"),
    "a lambda more": ("order.size = sizes", "order.size = lambda: sizes"),
    "another attribute": ("self.size = size\n", "self.length = size\n"),
    "another annotation": ("self.room: int", "self.room: float"),
    "a class in a function": ("order.size = sizes", "class Order: pass"),
    "a statement behind it": ("-one)\n\n\nclass", "-one)\n\n\nX = 1\n\n\nclass"),
    "a function behind it": (
        "        return halved",
        "        pass\n\n    def other(self):\n        return halved",
    ),
    "an open bracket": ("order.size = sizes", "order.size = (sizes"),
    "an open string": ("Say nothing.", 'Say """nothing.'),
    "a line that goes on": ("key=lambda one: -one)\n\n\nclass", "key=lambda one: -one) \\\n\n\nclass"),
    "the module": ('kind: str = "wood"', 'kind: str = "iron"'),
    "on the line of the header": ("await self.smooth()", "await self.sand()"),
    "two functions": ("-one)\n\n\nclass Shelf:\n", "-one, 1)\n\n\nclass Shelf:\n    # shelf\n"),
}


@pytest.mark.parametrize("name", BODIES)
def test_the_body_of_one_function(name: str) -> None:
    old, new = BODIES[name]
    assert TEXT.count(old) == 1
    after = TEXT.replace(old, new)
    found = by_part(TEXT, after)
    assert found is not None
    assert found == facts(after)
    assert [list(cls.self_fields) for cls in found.classes] == [
        list(cls.self_fields) for cls in getattr(facts(after), "classes", ())
    ]
    back = edited(found, split_lines(after), split_lines(TEXT))
    assert back is None or back == facts(TEXT)


@pytest.mark.parametrize("name", MORE)
def test_more_than_a_body_takes_the_whole_text(name: str) -> None:
    old, new = MORE[name]
    assert old in TEXT
    assert by_part(TEXT, TEXT.replace(old, new)) is None


def test_what_stays_is_the_same_object() -> None:
    before = facts(TEXT)
    assert before is not None
    found = edited(before, split_lines(TEXT), split_lines(TEXT.replace("of / 2", "of * 2")))
    assert found is not None
    same = [one is other for one, other in zip(before.functions[1:], found.functions[1:])]
    assert same.count(False) == 2


_STDLIB = Path(sysconfig.get_path("stdlib"))
_LINES = (
    "_x = 1", "return 1", "self.a = 2", "if x:", "    y = lambda: 1", '"""', "# c", "x = (1,", "def g():",
    "    yield", "import os", "global q", "@dec", "class Z: pass", "\\", "self.b: int = 3", 'é = "ü"',
)  # fmt: skip
_PARTS = ("a", "(", " ", "1", ":", '"', "#", "\t", "\\", ";y=1", "")


def _edit(lines: list[str], chance: random.Random) -> list[str]:
    lines = lines[:] or [""]
    at = chance.randrange(len(lines))
    indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
    kind = chance.randrange(4)
    if kind == 0:
        lines[at:at] = [indent + chance.choice(_LINES) for _ in range(chance.randrange(1, 4))]
    elif kind == 1:
        del lines[at]
    elif kind == 2:
        column = chance.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:column] + chance.choice(_PARTS) + lines[at][column:]
    else:
        lines[at] = indent + chance.choice(_LINES)
    return lines


def test_any_edit_of_real_code() -> None:
    chance = random.Random(11)
    files = sorted(path for path in _STDLIB.rglob("*.py") if "site-packages" not in path.parts)
    hits = 0
    for path in chance.sample(files, 60):
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue  # the test data of the parser itself
        before, lines = facts(text), split_lines(text)
        for _ in range(10):
            if before is None:
                break
            after = _edit(lines, chance)
            found, whole = edited(before, lines, after), facts("\n".join(after))
            if found is not None:
                hits += 1
                assert found == whole, path
            if whole is not None:
                before, lines = found or whole, after
    assert hits > 50
