"""Whose functions an answer looked at is recorded, whoever asked before it and whatever was kept then."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

import rmwlint
from rmwlint.codes import all_codes
from rmwlint.engine import analyse
from rmwlint.facts.model import Function, Module
from rmwlint.program.link import link
from rmwlint.program.looks import Kept, Looks, RecordedCycles
from rmwlint.program.program import Program
from rmwlint.program.recorded import RecordedProgram
from rmwlint.source.files import find
from rmwlint.source.project import project_root
from rmwlint.store import Store
from rmwlint.violation import Violation
from tests.checks.running import libraries
from tests.program.running import function, shown

FIXTURES = Path(__file__).parents[2] / "fixtures"
_CODES = frozenset(code for code, described in all_codes().items() if described.default)

#: What says of a body no more than hints do, which are compared one by one, or than how a file imports.
_COMPARED = {
    ("program.py", "__init__"),
    ("coroutines.py", "decorators_of"),
    ("calling.py", "<genexpr>"),
    ("called.py", "uses_of"),
    ("called.py", "called_of"),
    ("sharing.py", "_imported"),
}


class _Watched(Function):
    """A function that tells whoever looks at its body."""

    __slots__ = ()


class _Watching:
    """A store of watched functions. ``seen``: the files in which bodies were looked at."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[Path, Module | None] = {}
        self._where: dict[int, Path] = {}
        self.seen: set[Path] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def facts_of(self, path: Path) -> Module | None:
        if path not in self._known:
            module = self._store.facts_of(path)
            if module is not None:
                module = module._replace(functions=tuple(_Watched(*one) for one in module.functions))
                self._where.update({id(one): path for one in module.functions[1:]})
            self._known[path] = module
        return self._known[path]

    def look(self, function: object) -> None:
        caller = sys._getframe(2).f_code
        if (Path(caller.co_filename).name, caller.co_name) not in _COMPARED:
            path = self._where.get(id(function))
            if path is not None:
                self.seen.add(path)


@pytest.fixture
def watching(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[_Watching]]:
    stores: list[_Watching] = []
    for name in ("ops", "spans", "blocks", "names", "locals", "global_names"):
        get = itemgetter(Function._fields.index(name))

        def look(function: object, get: Any = get) -> object:
            for store in stores:
                store.look(function)
            return get(function)

        monkeypatch.setattr(_Watched, name, property(look), raising=False)
    yield stores


def said(program: Program, files: Sequence[Path], store: Any) -> list[Violation]:
    return list(analyse(files, store, libraries(), codes=_CODES, program=program))


@pytest.mark.parametrize(
    "top",
    [
        "systems/instance_metadata",
        "systems/network_plugin",
        "systems/image_repository",
        "systems/instance_actions",
        "demo",
        "inconsistent_lock",
    ],
)
def test_a_file_alone_looks_at_no_body_that_is_not_recorded(
    top: str, monkeypatch: pytest.MonkeyPatch, watching: list[_Watching]
) -> None:
    folder = FIXTURES / top
    monkeypatch.chdir(folder)
    project_root.cache_clear()
    files = find(["."])
    store = Store([Path()])
    plain = Program(store, libraries(), unlikely=False)
    recorded = RecordedProgram(store, libraries(), unlikely=False)
    assert said(recorded, files, store) == said(plain, files, store)
    looked_at = recorded.looked_at()
    for path in files:
        alone = _Watching(store)
        watching[:] = [alone]
        said(Program(alone, libraries(), unlikely=False), [path], store)
        assert alone.seen <= set(looked_at.get(path, ())), path


_MILL = {
    "one.py": "from two import sack\n\n\ndef work(path):\n    return sack(path)\n",
    "again.py": "from two import sack\n\n\ndef work(path):\n    return sack(path)\n",
    "two.py": "from three import make\n\n\ndef sack(path):\n    return make(path)\n",
    "three.py": """\
import os

from row import Row


def make(path):
    if not os.path.exists(path):
        os.mkdir(path)
    return Row(path)
""",
    "row.py": "class Row:\n    def __init__(self, path):\n        self.path = path\n",
    "part.py": "from two import other\n\n\ndef work(path):\n    return other(path)\n",
    "aside.py": "def aside(path):\n    return path\n",
}


def test_whoever_is_given_what_is_kept_rests_on_what_it_took(tmp_path: Path) -> None:
    for name, text in _MILL.items():
        (tmp_path / name).write_text(text)
    files = [tmp_path / name for name in _MILL]
    (tmp_path / "two.py").write_text(_MILL["two.py"] + "\n\ndef other(path):\n    return path\n")
    for order in (files, files[::-1]):
        store = Store([tmp_path])
        made = RecordedProgram(store, libraries(), unlikely=False)
        assert [found.code for found in said(made, order, store)] == ["RMW406"]
        looked_at = {
            path.name: {other.name for other in found} - {path.name}
            for path, found in made.looked_at().items()
        }
        assert looked_at["one.py"] == looked_at["again.py"] == {"two.py", "three.py", "row.py"}
        assert looked_at["two.py"] >= {"three.py", "row.py"}
        assert looked_at["part.py"] == {"two.py"}
        assert looked_at["aside.py"] == set()


def test_a_function_that_is_linked_rests_on_what_it_took(tmp_path: Path) -> None:
    for name, text in _MILL.items():
        (tmp_path / name).write_text(text)
    made = RecordedProgram(Store([tmp_path]), libraries(), unlikely=False)
    work = function(made, tmp_path / "one.py", "work")
    for path in (A, B):
        with made.answering(path):
            assert shown(link(work).returns) == "instance row.Row"
    assert {path.name for path in made.looked_at()[B]} == {"one.py", "two.py", "three.py"}


A, B, C = Path("a.py"), Path("b.py"), Path("c.py")


def test_what_is_kept_tells_what_it_rests_on() -> None:
    looks = Looks()
    memo = Kept(looks)

    def ask() -> int:
        found = memo.get("answer")
        if found is None:
            looks.log.append(looks.bodies(B))
            found = memo["answer"] = 1
        return found  # type: ignore[no-any-return]

    for path in (A, C):
        with looks.answer(path):
            ask()
    with looks.answer(B):
        pass
    assert looks.looked_at() == {A: (B,), C: (B,), B: ()}


def test_an_assumption_that_is_kept_first_is_part_of_the_question() -> None:
    looks = Looks()
    memo, other = Kept(looks), Kept(looks)

    def ask() -> bool:
        found = memo.get("answer")
        if found is None:
            memo["answer"] = False
            looks.log.append(looks.bodies(B))
            found = other.get("below")
            if found is None:
                looks.log.append(looks.bodies(C))
                found = other["below"] = ask()
            memo["answer"] = found = True
        return bool(found)

    with looks.answer(A):
        ask()
    with looks.answer(B):
        memo.get("answer")
    with looks.answer(C):
        other.get("below")
    assert looks.looked_at() == {A: (B, C), B: (B, C), C: (B, C)}


def test_what_was_looked_at_before_a_question_is_not_part_of_it() -> None:
    looks = Looks()
    memo = Kept(looks)
    with looks.answer(A):
        looks.log.append(looks.bodies(C))
        assert memo.get("answer") is None
        looks.log.append(looks.bodies(B))
        memo["answer"] = 1
    with looks.answer(B):
        memo.get("answer")
    assert {path: set(found) for path, found in looks.looked_at().items()} == {A: {B, C}, B: {B}}


def test_questions_that_ask_themselves_rest_on_all_that_each_of_them_looks_at() -> None:
    looks = Looks()
    cycles = RecordedCycles(looks)
    memo = Kept(looks)

    def ask(name: str, path: Path, below: str, there: Path) -> int:
        if name in memo:
            return memo[name]  # type: ignore[no-any-return]

        def answer() -> int:
            looks.log.append(looks.bodies(path))
            return ask(below, there, name, path)

        def settle(found: int) -> None:
            memo[name] = found

        return cycles.ask(name, answer, lambda: 0, settle, int.__eq__)

    with looks.answer(A):
        ask("one", B, "other", C)
    with looks.answer(B):
        assert memo["other"] == 0
    with looks.answer(C):
        assert memo["one"] == 0
    assert {path: set(found) for path, found in looks.looked_at().items()} == {
        path: {B, C} for path in (A, B, C)
    }


def test_what_is_kept_without_a_question_rests_on_all_before_it() -> None:
    looks = Looks()
    memo = Kept(looks)
    with looks.answer(A):
        looks.log.append(looks.bodies(B))
        memo["answer"] = 1
    with looks.answer(C):
        memo.get("answer")
    assert looks.looked_at() == {A: (B,), C: (B,)}


def test_what_is_kept_is_asked_for_and_kept_under_its_name() -> None:
    top = Path(rmwlint.__file__).parent
    ways = {
        way
        for path in [*top.rglob("*.py"), *(top.parent / "checks").rglob("*.py")]
        for way in re.findall(r"\bmemo\.(\w+)\(", path.read_text("utf-8"))
        if path.name != "recorded.py"
    }
    # what is put into something that is kept already would rest on nothing: no setdefault, no update
    assert ways == {"get"}


def test_what_is_gone_is_not_known() -> None:
    memo = Kept(Looks())
    memo["answer"] = 1
    assert "answer" in memo
    del memo["answer"]
    assert "answer" not in memo
    with pytest.raises(KeyError):
        memo["answer"]
