"""Questions that ask themselves have one answer, whoever asks first."""

from __future__ import annotations

import itertools
import operator
from pathlib import Path

import pytest

from rmwlint.program.cycles import Cycles
from rmwlint.program.effects import effects
from rmwlint.program.link import link
from tests.program.running import function, program, shown

GRAPHS = {
    "a chain": {"a": "b", "b": "c", "c": ""},
    "itself": {"a": "a", "b": "a", "c": "ab"},
    "a ring": {"a": "b", "b": "c", "c": "a"},
    "two rings that share": {"a": "b", "b": "ac", "c": "bd", "d": "c"},
    "a ring below a ring": {"a": "b", "b": "ac", "c": "d", "d": "ce", "e": ""},
    "all to all": {"a": "abcd", "b": "abcd", "c": "abcd", "d": "abcd"},
}


def reached(graph: dict[str, str], order: tuple[str, ...]) -> tuple[dict[str, frozenset[str]], int]:
    """What each node reaches, asked in that order; and how many answers were computed."""
    cycles, kept, computed = Cycles(), dict[str, frozenset[str]](), itertools.count()

    def ask(node: str) -> frozenset[str]:
        if node in kept:
            return kept[node]

        def answer() -> frozenset[str]:
            next(computed)
            return frozenset(graph[node]).union(*(ask(other) for other in graph[node]))

        def settle(found: frozenset[str]) -> None:
            assert node not in kept
            kept[node] = found

        return cycles.ask(node, answer, frozenset, settle, operator.eq)

    for node in order:
        assert ask(node) == kept[node]
    return kept, next(computed)


@pytest.mark.parametrize("name", GRAPHS)
def test_least_fixed_point(name: str) -> None:
    graph = GRAPHS[name]
    expected: dict[str, frozenset[str]] = {node: frozenset() for node in graph}
    for _ in graph:
        expected = {n: frozenset(graph[n]).union(*(expected[o] for o in graph[n])) for n in graph}
    for order in itertools.permutations(graph):
        found, computed = reached(graph, order)
        assert found == expected
        assert computed <= 5 * len(graph) ** 2


def test_a_flipping_answer_ends() -> None:
    cycles, kept = Cycles(), list[bool]()

    def ask() -> bool:
        return cycles.ask("liar", lambda: not ask(), lambda: False, kept.append, operator.eq)

    assert [ask()] == kept


def test_an_exception_leaves_nothing_behind() -> None:
    cycles, kept = Cycles(), dict[str, int]()

    def outer() -> int:
        return cycles.ask("outer", fail, int, lambda found: None, operator.eq)

    def fail() -> int:
        cycles.ask("inner", outer, int, lambda found: kept.update(inner=found), operator.eq)
        raise KeyError("inner")

    with pytest.raises(KeyError):
        outer()
    assert not kept
    assert cycles.ask("inner", lambda: 7, int, lambda found: kept.update(inner=found), operator.eq) == 7
    assert kept == {"inner": 7}


RECURSIVE = {
    "models.py": "class Order: ...\n",
    "one.py": """
import two
from models import Order

def fetch(pk, depth):
    if depth:
        return two.again(pk, depth - 1)
    return Order()

def alone(depth):
    return alone(depth - 1) if depth else Order()
""",
    "two.py": """
import requests

import one

def again(pk, depth):
    requests.post("https://host.example", timeout=1)
    return one.fetch(pk, depth)

def use(pk):
    order = again(pk, 1)
    return order
""",
}
NAMES = [("one.py", "fetch"), ("one.py", "alone"), ("two.py", "again"), ("two.py", "use")]


@pytest.mark.parametrize(
    "order", [*itertools.permutations(NAMES)], ids=lambda order: "-".join(n for _, n in order)
)
def test_recursive_functions(order: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    made = program(tmp_path, RECURSIVE)
    fns = {name: function(made, tmp_path / file, name) for file, name in order}
    assert {name: shown(link(fn).returns) for name, fn in fns.items()} == dict.fromkeys(
        fns, "instance models.Order"
    )
    kinds = {name: set(effects(fn)) for name, fn in fns.items()}
    assert kinds == {"fetch": {"backend"}, "again": {"backend"}, "use": {"backend"}, "alone": set()}
