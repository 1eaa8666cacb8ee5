from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from pathlib import Path

import pytest

from rmwlint.store import Store

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]

PROJECT = dict.fromkeys([
    "pyproject.toml", "shop/__init__.py", "shop/orders.py", "shop/db/__init__.py", "shop/db/api.py", "tool.py",
    "space/part/mod.py", "src/lib/__init__.py", "src/lib/core.py", "odd-name/script.py",
    "other/pyproject.toml", "other/pkg/__init__.py", "other/pkg/a.py",
], "")  # fmt: skip


@pytest.mark.parametrize(("path", "name"), [
    ("shop/orders.py", "shop.orders"), ("shop/__init__.py", "shop"), ("shop/db/api.py", "shop.db.api"),
    ("shop/db/__init__.py", "shop.db"), ("tool.py", "tool"), ("space/part/mod.py", "space.part.mod"),
    ("src/lib/core.py", "lib.core"), ("odd-name/script.py", "script"), ("other/pkg/a.py", "pkg.a"),
])  # fmt: skip
def test_module_names(lay_out: LayOut, path: str, name: str) -> None:
    root = lay_out(PROJECT)
    assert Store([root]).module_name(Path(path)) == name
    assert Store([]).module_name(root / path) == name


@pytest.mark.parametrize(("dotted", "near", "path"), [
    ("shop.db.api", "shop/orders.py", "shop/db/api.py"),
    ("shop.db", "shop/orders.py", "shop/db/__init__.py"),
    ("shop", "shop/db/api.py", "shop/__init__.py"),
    ("tool", "shop/orders.py", "tool.py"),
    ("lib.core", "shop/orders.py", "src/lib/core.py"),
    ("shop.orders", "src/lib/core.py", "shop/orders.py"),
    ("space.part.mod", "tool.py", "space/part/mod.py"),
    ("space.part", "tool.py", None),
    ("os.path", "tool.py", None),
    ("shop.nothing", "tool.py", None),
    ("shop.orders.deeper", "tool.py", None),
    ("pkg.a", "other/pkg/__init__.py", "other/pkg/a.py"),
    ("pkg.a", "tool.py", None),
])  # fmt: skip
def test_finds_modules(lay_out: LayOut, dotted: str, near: str, path: str | None) -> None:
    lay_out(PROJECT)
    assert Store([]).find_module(dotted, Path(near)) == (Path(path) if path else None)


def test_roots_of_the_run_come_last(lay_out: LayOut) -> None:
    root = lay_out(PROJECT)
    assert Store([root / "other"]).find_module("pkg.a", Path("tool.py")) == Path("other/pkg/a.py")


def test_every_module_is_found_under_its_own_name(lay_out: LayOut) -> None:
    lay_out(PROJECT)
    store = Store([])
    for path in map(Path, PROJECT):
        if path.suffix == ".py" and "-" not in str(path):
            assert store.find_module(store.module_name(path), path) == path


def test_a_package_wins_over_a_module(lay_out: LayOut) -> None:
    lay_out({"a.py": "", "a/__init__.py": "", "b.py": "", "b/c.py": ""})
    store = Store([Path(".")])
    assert store.find_module("a", Path("b.py")) == Path("a/__init__.py")
    assert store.find_module("b", Path("b.py")) == Path("b.py")


def test_facts_are_made_once(lay_out: LayOut) -> None:
    lay_out({"pkg/__init__.py": "", "pkg/a.py": "from . import b\n"})
    store = Store([])
    facts = store.facts_of(Path("pkg/a.py"))
    assert facts is not None
    assert store.facts_of(Path("pkg/a.py")) is facts
    assert (facts.name, facts.path, facts.imports) == ("pkg.a", "pkg/a.py", {"b": "pkg.b"})


def test_what_cannot_be_read_is_remembered(lay_out: LayOut) -> None:
    root = lay_out({"bad.py": "def f(:\n", "good.py": ""})
    (root / "folder.py").mkdir()
    store = Store([])
    for name in ("bad.py", "folder.py", "missing.py"):
        assert store.facts_of(Path(name)) is None
        assert store.rejected[Path(name)].code == "RMW901"
    assert store.source_lines(Path("missing.py")) == []
    assert store.source_lines(Path("bad.py")) == ["def f(:", ""]
    assert not store.contains(Path("missing.py"), ["x"])
    assert "Is a directory" in store.rejected[Path("folder.py")].message
    store.verify(Path("good.py"))
    assert Path("good.py") not in store.rejected


def test_contains(lay_out: LayOut) -> None:
    lay_out({"a.py": "x.save()\n"})
    store = Store([])
    assert store.contains(Path("a.py"), ["zz", ".save("])
    assert store.contains(Path("a.py"), frozenset(["x"]))
    assert not store.contains(Path("a.py"), ["zz", "x.save(*"])
    assert not store.contains(Path("a.py"), [])


def test_given_text_wins_over_the_disk(lay_out: LayOut) -> None:
    lay_out({"a.py": "x = 1\n"})
    store = Store([])
    store.give(Path("a.py"), b"def f(): pass\n")
    facts = store.facts_of(Path("a.py"))
    assert facts is not None
    assert set(facts.defs) == {"f"}


class Elsewhere(Executor):
    """Stands for a cluster: all that goes in and out crosses a wire."""

    def __init__(self) -> None:
        self.calls = 0

    def map(self, fn, *iterables, timeout=None, chunksize=1):  # type: ignore[no-untyped-def]
        import pickle

        for arguments in zip(*iterables):
            self.calls += 1
            function, sent = pickle.loads(pickle.dumps((fn, arguments)))
            yield pickle.loads(pickle.dumps(function(*sent)))


@pytest.mark.parametrize("executor", [Elsewhere(), ThreadPoolExecutor(2)])
def test_any_executor_will_do(lay_out: LayOut, executor: Executor) -> None:
    files = {f"m{number}.py": f"def f{number}(): pass\n" for number in range(50)}
    lay_out({**files, "bad.py": "def f(:\n"})
    paths = [Path(name) for name in (*files, "bad.py")]
    plain, store = Store([]), Store([])
    told: list[int] = []
    store.warm(store.unknown(paths), executor, workers=2, progress=told.append)
    assert told[-1] == 51
    assert [store.facts_of(path) for path in paths] == [plain.facts_of(path) for path in paths]
    assert list(store.rejected) == [Path("bad.py")]
