"""A program that records whose functions each answer looked at; see ``looks``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from rmwlint.facts.model import Module
from rmwlint.libraries.index import Libraries
from rmwlint.program.looks import Kept, Looks, Node, RecordedCycles
from rmwlint.program.program import Cls, FactsSource, Fn, ModuleView, Program
from rmwlint.source.shapes import Text, nothing_known

_get_facts, _set_facts = Fn.__dict__["facts"].__get__, Fn.__dict__["facts"].__set__
_get_link, _set_link = Fn.__dict__["link"].__get__, Fn.__dict__["link"].__set__
_get_mro, _set_mro = Cls.__dict__["_mro"].__get__, Cls.__dict__["_mro"].__set__
_get_types, _set_types = Cls.__dict__["_types"].__get__, Cls.__dict__["_types"].__set__


class _RecordedFn(Fn):
    """A function whose body, and what is kept of it, nobody looks at unseen."""

    __slots__ = ("_bodies", "_linked", "_log")

    def __init__(self, module: ModuleView, index: int) -> None:
        looks = _looks(module)
        self._log = looks.log
        self._bodies = looks.bodies(module.path)
        self._linked = Node()
        super().__init__(module, index)
        self.memo = Kept(looks)

    def _look_at_facts(self) -> Any:
        if self._log[-1] is not self._bodies:
            self._log.append(self._bodies)
        return _get_facts(self)

    def _look_at_link(self) -> Any:
        self._log.append(self._linked)
        return _get_link(self)

    def _keep_link(self, value: Any) -> None:
        if value is not None:
            _looks(self.module).kept(self._linked)
        _set_link(self, value)

    facts = property(_look_at_facts, _set_facts)
    link = property(_look_at_link, _keep_link)


class _RecordedCls(Cls):
    """A class of which nobody looks unseen at what is kept of it."""

    __slots__ = ("_lineage_node", "_log")

    def __init__(self, module: ModuleView, index: int) -> None:
        looks = _looks(module)
        self._log = looks.log
        self._lineage_node = Node()
        super().__init__(module, index)
        self._speaking = Kept(looks)
        self.memo = Kept(looks)

    def _look_at_bases(self) -> Any:
        self._log.append(self._lineage_node)
        return _get_mro(self)

    def _look_at_types(self) -> Any:
        self._log.append(self._lineage_node)
        return _get_types(self)

    def _keep_bases(self, value: Any) -> None:
        if value is not None:
            _looks(self.module).kept(self._lineage_node)
        _set_mro(self, value)

    def _keep_types(self, value: Any) -> None:
        if value is not None:
            _looks(self.module).kept(self._lineage_node)
        _set_types(self, value)

    _mro = property(_look_at_bases, _keep_bases)
    _types = property(_look_at_types, _keep_types)


class _RecordedModule(ModuleView):
    """A module of such functions and classes, what each of whose names means is a node."""

    __slots__ = ()
    _fn_of = _RecordedFn
    _cls_of = _RecordedCls

    def __init__(self, program: Program, facts: Module, path: Path) -> None:
        super().__init__(program, facts, path)
        looks = _looks(self)
        self.symbols = Kept(looks)
        self.suggested = Kept(looks)
        self.near = Kept(looks)
        self.memo = Kept(looks)


class RecordedProgram(Program):
    """All modules of one run, and whose functions each answer looked at."""

    _view_of = _RecordedModule

    def __init__(
        self,
        source: FactsSource,
        libraries: Libraries,
        text: Callable[[], Text] = nothing_known,
        *,
        unlikely: bool = True,
    ) -> None:
        super().__init__(source, libraries, text, unlikely=unlikely)
        self.looks = Looks()
        self.cycles = RecordedCycles(self.looks)
        self._resolved = Kept(self.looks)
        self.by_name = Kept(self.looks)
        self.receivers = Kept(self.looks)

    def answering(self, path: Path) -> AbstractContextManager[None]:
        """See ``Program.answering``."""
        return self.looks.answer(path)

    @contextmanager
    def together(self, functions: list[Fn], question: str) -> Iterator[None]:
        """See ``Program.together``."""
        nodes = [fn.memo.node(question) for fn in functions]  # type: ignore[attr-defined]
        floor = self.looks.begin()
        try:
            yield
        finally:
            self.looks.end(floor, nodes)

    def look(self, module: ModuleView) -> None:
        """See ``Program.look``."""
        self.looks.log.append(self.looks.bodies(module.path))

    def looked_at(self) -> dict[Path, tuple[Path, ...]]:
        """See ``Program.looked_at``."""
        return self.looks.looked_at()


def _looks(module: ModuleView) -> Looks:
    return module.program.looks  # type: ignore[attr-defined,no-any-return]
