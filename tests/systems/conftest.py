"""A real PostgreSQL for the systems, and actors that meet where they hurt each other."""

from __future__ import annotations

import importlib.util
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import sqlalchemy

from rmwlint.violation import Violation

SYSTEMS = Path(__file__).resolve().parents[2] / "fixtures" / "systems"


@pytest.fixture
def engine(postgres: str) -> Iterator[sqlalchemy.Engine]:
    """An engine on a database without tables."""
    found = sqlalchemy.create_engine(postgres, pool_size=6)
    with found.begin() as connection:
        connection.execute(sqlalchemy.text("DROP SCHEMA public CASCADE"))
        connection.execute(sqlalchemy.text("CREATE SCHEMA public"))
    yield found
    found.dispose()


def fixed(system: str, folder: Path) -> tuple[str, list[str], list[str]]:
    """What `fix --unsafe-fixes` makes of a system: its file, the codes that are mended, those that stay."""
    from rmwlint.config import Settings
    from rmwlint.fix.run import fix
    from rmwlint.request import Request

    path = folder / f"{system}.py"
    path.write_bytes((SYSTEMS / system / "before.py").read_bytes())
    outcome = fix(Request([str(path)], Settings(), use_cache=False, jobs=1), unsafe=True, write=True)
    mended = [one.violation.code for file in outcome.fixed for one in file.mended]
    return str(path), sorted(mended), sorted(one.violation.code for one in outcome.left)


def load(system: str, side: str) -> ModuleType:
    """``before``, ``after`` or another side of a system, or the file of a mended one, as a module."""
    path = Path(side) if Path(side).is_absolute() else SYSTEMS / system / f"{side}.py"
    name = f"rmwlint_systems_{system}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what the libraries say about each other
        spec.loader.exec_module(module)
    return module


class Actors:
    """Functions run side by side, each in its own thread; what they return or raise, in their order."""

    def __init__(self) -> None:
        self.results: list[Any] = []

    def run(self, *functions: Callable[[], Any]) -> list[Any]:
        """Run all; the list of results, where an exception stands for itself."""
        self.results = [None] * len(functions)
        threads = [
            threading.Thread(target=self._one, args=(at, function)) for at, function in enumerate(functions)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
            assert not thread.is_alive(), "an actor hangs"
        return self.results

    def _one(self, at: int, function: Callable[[], Any]) -> None:
        try:
            self.results[at] = function()
        except Exception as error:
            self.results[at] = error


def meet_after(original: Callable[..., Any], barrier: threading.Barrier) -> Callable[..., Any]:
    """``original``, after which each thread waits, the first time, until all have come so far."""
    met = threading.local()

    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found = original(*args, **kwargs)
        if not getattr(met, "once", False):
            met.once = True
            barrier.wait(30)
        return found

    return wrapper


def codes(system: str, side: str) -> set[str]:
    """The codes of what rmwlint says about one side of a system."""
    return {violation.code for violation in violations(system, side)}


def violations(system: str, side: str) -> list[Violation]:
    """What rmwlint says about one side of a system."""
    from rmwlint.config import Settings
    from rmwlint.request import Request
    from rmwlint.runner import run

    path = str(SYSTEMS / system / f"{side}.py")
    result = run(Request([path], Settings(), use_cache=False, jobs=1))
    assert not result.failures
    return list(result.violations)
