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
from rmwlint.fix.rewrites import rewrites_of
from rmwlint.fix.run import fix
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
    return f"{proof.code}-{proof.bad}-{proof.world}"


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
    violation = violation_in(world.folder / "example.py", proof.code)
    assert violation.interleaving[0][0] == "A" and "B" in dict(violation.interleaving)
    stop = turning_point(proof, violation)
    outcome = replay(scene, (stop, stop))
    assert not Serial(scene).agrees(outcome), outcome


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if proof.good], ids=told)
def test_good_loses_nothing_in_any_interleaving(proof: Proof, enter: Enter) -> None:
    world = enter(proof.world)
    function = violation_function(proof, world)
    scene = proof.scene(world, example(proof, "Good", proof.good))
    stops = stops_in(proof, world.folder / "example.py", function)
    assert stops
    assert_nothing_is_lost(scene._replace(patience=_SHORT), every(stops))


def violation_function(proof: Proof, world: World) -> str:
    """The name of the function that both examples have."""
    path = world.folder / "bad.py"
    path.write_text(example(proof, "Bad", proof.bad), "utf-8")
    return violation_in(path, proof.code).function


@pytest.mark.parametrize("proof", [proof for proof in PROOFS if rewrites_of(proof.code)], ids=told)
def test_what_a_fix_makes_of_the_bad_one_loses_nothing(proof: Proof, enter: Enter) -> None:
    world = enter(proof.world)
    function = violation_function(proof, world)
    path = world.folder / "bad.py"
    settings = Settings(select=(proof.code,))
    outcome = fix(Request([str(path)], settings, use_cache=False, jobs=1), unsafe=True, write=True)
    assert outcome.mended == 1, [one.reason for one in outcome.left]
    mended = path.read_text("utf-8")
    scene = proof.scene(world, mended)
    stops = stops_in(proof, world.folder / "example.py", function)
    assert_nothing_is_lost(scene._replace(patience=_SHORT), every(stops))
