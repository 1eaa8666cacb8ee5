from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from rmwlint.config import Settings
from rmwlint.errors import ConfigError, RmwlintError
from rmwlint.request import Request
from rmwlint.runner import run

LayOut = Callable[[Mapping[str, "str | bytes"]], Path]

RACE = "import os\n\n\ndef f(path):\n    if not os.path.exists(path):\n        os.mkdir(path)\n"


class Counting(ThreadPoolExecutor):
    """Counts what it is given; stands for processes, or for a cluster."""

    def __init__(self, workers: int = 1, **_: object) -> None:
        super().__init__(workers)
        self.batches = 0
        COUNTED.append(self)

    def map(self, function, *iterables, **options):  # type: ignore[no-untyped-def, override]
        self.batches += len(iterables[0])
        return super().map(function, *iterables, **options)


COUNTED: list[Counting] = []


@pytest.fixture(autouse=True)
def _counted() -> None:
    COUNTED.clear()


def request(root: Path, jobs: int | None = 1) -> Request:
    return Request([str(root)], Settings(base=root), use_cache=False, jobs=jobs)


def test_an_executor_of_the_callers_is_used(lay_out: LayOut) -> None:
    root = lay_out({"a.py": RACE, "b.py": RACE})
    plain = run(request(root))
    with Counting() as executor:
        elsewhere = run(request(root)._replace(executor=executor))
    assert executor.batches == 2
    assert elsewhere.violations == plain.violations
    assert {violation.path for violation in plain.violations} == {"a.py", "b.py"}


def test_workers_are_started_where_there_is_much_to_do(
    lay_out: LayOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("concurrent.futures.ProcessPoolExecutor", Counting)
    monkeypatch.setattr("rmwlint.asking._WORTH_WORKERS", 1000)
    root = lay_out({"a.py": RACE + "#" * 1000})
    run(request(root, jobs=1))
    assert COUNTED == []
    run(request(root, jobs=2))
    assert [pool.batches for pool in COUNTED] == [1]
    lay_out({"a.py": RACE})
    run(request(root, jobs=2))
    assert len(COUNTED) == 1


@pytest.mark.parametrize(
    "error", [OSError("no semaphores"), BrokenProcessPool("killed"), NotImplementedError()]
)
def test_without_workers_the_result_is_the_same(
    lay_out: LayOut, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    root = lay_out({"a.py": RACE})
    plain = run(request(root))
    monkeypatch.setattr("rmwlint.asking._WORTH_WORKERS", 0)
    monkeypatch.setattr("rmwlint.store.Store.warm", refuse)
    assert run(request(root, jobs=2)).violations == plain.violations != ()


def test_garbage_collection_comes_back(lay_out: LayOut) -> None:
    root = lay_out({"a.py": RACE})
    assert gc.isenabled()
    run(request(root))
    assert gc.isenabled()
    with pytest.raises(RmwlintError):
        run(request(root / "nowhere"))
    assert gc.isenabled()


def test_a_code_that_does_not_exist_is_the_settings_fault(lay_out: LayOut) -> None:
    root = lay_out({"a.py": RACE})
    with pytest.raises(ConfigError, match="`E501` is no code"):
        run(Request([str(root)], Settings(base=root, ignore=("E501",)), use_cache=False))


def test_violations_come_in_order(lay_out: LayOut) -> None:
    root = lay_out({"z.py": RACE, "b/a.py": RACE + RACE, "a.py": RACE})
    shown = [(violation.path, violation.line) for violation in run(request(root)).violations]
    assert shown == sorted(shown)
    assert len(shown) >= 4
