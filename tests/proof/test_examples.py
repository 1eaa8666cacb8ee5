"""The examples of checks, executed: what is called bad loses an update, what is called good does not.

Two actors run the text itself, forced into the interleaving that the violation prints. A good example, and
what a fix makes of a bad one, must hold in every interleaving: each actor stopped after each statement.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from pathlib import Path

import pytest

from rmwlint.check import registry
from rmwlint.config import Settings
from rmwlint.fix.rewrites import rewrites, rewrites_of
from rmwlint.fix.run import fix
from rmwlint.prove.executed import EXECUTED, Executed
from rmwlint.prove.points import stop_of
from rmwlint.prove.replay import Serial, assert_nothing_is_lost, replay
from rmwlint.prove.stops import Stop, stops_of
from rmwlint.request import Request
from rmwlint.violation import Confidence, Violation
from tests.checks.running import examples, violations
from tests.proof.proof import Proof
from tests.proof.scenes import PROOFS
from tests.proof.worlds import World

Enter = Callable[[str], World]


#: Whether an actor still waits is asked that long where nothing can be lost, whoever is let first; seconds.
_SHORT = 0.1


def told(proof: Proof) -> str:
    """A proof's name in test reports."""
    return f"{proof.code}-{proof.world}-{proof.bad}"


def example(proof: Proof, kind: str, number: int) -> str:
    """The text of an example, counted from 1."""
    return examples(inspect.cleandoc(registry()[proof.code].doc), kind)[number - 1]


def violation_in(path: Path, code: str) -> Violation:
    """What the check says about the program."""
    found = [one for one in violations([path], frozenset([code])) if one.confidence >= Confidence.MEDIUM]
    assert len(found) == 1
    return found[0]


def turning_point(proof: Proof, violation: Violation) -> Stop:
    """The stop of both actors in the printed interleaving."""
    if not proof.after:
        return stop_of(violation)
    listed = stops_in(proof, violation.path, violation.function)
    stops = [stop for stop in listed if stop.text.startswith(proof.after)]
    assert stops, f"no statement begins with {proof.after!r}"
    return stops[0]


def stops_in(proof: Proof, path: str | Path, function: str) -> list[Stop]:
    """The stops in the example's function, or in that of the library."""
    if proof.inside is None:
        return list(stops_of(str(path), function))
    module = importlib.import_module(proof.inside[0])
    assert module.__file__ is not None
    return list(stops_of(module.__file__, proof.inside[1]))


def every(stops: list[Stop]) -> list[tuple[Stop | None, Stop | None]]:
    """Every pair of stops."""
    return [(mine, theirs) for mine in stops for theirs in stops]


@pytest.mark.parametrize("proof", PROOFS, ids=told)
def test_bad_loses_in_the_printed_interleaving(proof: Proof, enter: Enter) -> None:
    world = enter(proof.world)
    scene = proof.scene(world, example(proof, "Bad", proof.bad))
    violation = violation_in(world.folder / "shop.py", proof.code)
    assert violation.interleaving[0][0] == "A" and "B" in dict(violation.interleaving)
    stop = turning_point(proof, violation)
    if proof.refused:
        error = replay(scene, (stop, stop)).ends[0].error
        assert type(error).__name__ == proof.refused
        return
    outcome = replay(scene, (stop, stop))
    assert not Serial(scene).agrees(outcome), outcome


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof.good], ids=told)
def test_good_loses_nothing_in_any_interleaving(proof: Proof, enter: Enter) -> None:
    world = enter(proof.world)
    function = violation_function(proof, world)
    scene = proof.scene(world, example(proof, "Good", proof.good))
    stops = stops_in(proof, world.folder / "shop.py", function)
    assert stops
    assert_nothing_is_lost(scene._replace(patience=_SHORT), every(stops))


def violation_function(proof: Proof, world: World) -> str:
    """The name of the function that both examples have."""
    path = world.folder / "bad.py"
    path.write_text(example(proof, "Bad", proof.bad), "utf-8")
    return violation_in(path, proof.code).function


REWRITES = [
    pytest.param(proof, rewrite.name, id=f"{told(proof)}-{rewrite.name}")
    for proof in PROOFS
    for rewrite in rewrites_of(proof.code)
]


@pytest.mark.parametrize(("proof", "rewrite"), REWRITES)
def test_what_a_fix_makes_of_the_bad_one_loses_nothing(proof: Proof, rewrite: str, enter: Enter) -> None:
    world = enter(proof.world)
    function = violation_function(proof, world)
    path = world.folder / "bad.py"
    request = Request([str(path)], Settings(select=(proof.code,)), use_cache=False, jobs=1)
    outcome = fix(request, unsafe=True, write=True, only=rewrite)
    said = (proof.bad, rewrite) in {(row.example, one) for row in rows_of(proof) for one in row.rewrites}
    assert bool(outcome.mended) == said, [one.reason for one in outcome.left]
    if outcome.mended:
        scene = proof.scene(world, path.read_text("utf-8"))
        stops = stops_in(proof, world.folder / "shop.py", function)
        assert_nothing_is_lost(scene._replace(patience=_SHORT), every(stops))


def rows_of(proof: Proof) -> list[Executed]:
    """What is said about the execution of this example."""
    return [row for row in EXECUTED if (row.code, row.library) == (proof.code, proof.world)]


def test_what_is_said_to_be_executed_is() -> None:
    said = [(row.code, row.library, row.example) for row in EXECUTED]
    assert said == sorted((one.code, one.world, one.bad) for one in PROOFS)
    named = {(row.code, rewrite) for row in EXECUTED for rewrite in row.rewrites}
    assert named <= {(code, rewrite.name) for rewrite in rewrites() for code in rewrite.codes}
