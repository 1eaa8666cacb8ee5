"""A window told as steps in the source and as an interleaving of two actors."""

from __future__ import annotations

from collections.abc import Iterator

from rmwlint.violation import Step
from rmwlint.windows.creations.choosing import Choice
from rmwlint.windows.creations.creation import Creation
from rmwlint.windows.creations.deletions import Deletion
from rmwlint.windows.creations.numbering import Numbering
from rmwlint.windows.find import Window
from rmwlint.windows.objects.stores import StoreWindow
from rmwlint.windows.view import View

Rows = tuple[tuple[str, str], ...]


def place_text(view: View, window: Window) -> str:
    """The place and attribute as a reader of the code would name them: ``order.retries``."""
    place = window.read.place if window.read is not None else window.write.place
    written = place.text if place is not None else ""
    if not written or written == "…":
        written = (window.write.place.text if window.write.place is not None else "") or "the row"
    return f"{written}.{window.attribute}" if window.attribute else written


def window_steps(view: View, window: Window) -> tuple[Step, ...]:
    """Read, decide, write."""
    return tuple(_steps(view, window))


def _steps(view: View, window: Window) -> Iterator[Step]:
    read, write = window.read, window.write
    if read is not None:
        yield view.step("read", read.op, "read here")
        yield from view.trail(read, "read here", "read")
    if window.branch is not None:
        yield view.step("decide", window.branch, "decides here")
    if window.set_at is not None and window.set_at != write.op:
        yield view.step(
            "decide" if window.how == "decide" else "read", window.set_at, "given its new value here"
        )
    for held in write.held:
        yield from view.held_step(held)
    yield view.step("write", write.op, "written back here")
    yield from view.trail(write, "written here", "write")


def creation_steps(view: View, creation: Creation) -> tuple[Step, ...]:
    """Look, decide, create."""
    look, create = creation.look, creation.create
    steps = [view.step("read", look.op, "looked for here"), *view.trail(look, "looked for here", "read")]
    steps.append(view.step("decide", creation.branch, "decides here"))
    for held in create.held:
        steps += view.held_step(held)
    steps.append(view.step("write", create.op, "created here"))
    steps += view.trail(create, "created here", "write")
    return tuple(steps)


def deletion_steps(view: View, deletion: Deletion) -> tuple[Step, ...]:
    """Look, decide, delete."""
    look, delete = deletion.look, deletion.delete
    steps: list[Step] = []
    if look is not None:
        steps = [view.step("read", look.op, "looked at here"), *view.trail(look, "looked at here", "read")]
    done = {"moved": "put elsewhere here", "taken": "given back here"}.get(deletion.how, "decides here")
    steps.append(view.step("decide", deletion.branch, done))
    for held in delete.held:
        steps += view.held_step(held)
    steps.append(view.step("write", delete.op, "deleted here"))
    steps += view.trail(delete, "deleted here", "write")
    return tuple(steps)


def store_steps(view: View, window: StoreWindow) -> tuple[Step, ...]:
    """Read, decide, write."""
    read, write = window.read, window.write
    steps = [view.step("read", read.op, "read here"), *view.trail(read, "read here", "read")]
    if window.branch is not None:
        steps.append(view.step("decide", window.branch, "decides here"))
    for held in write.held:
        steps += view.held_step(held)
    steps.append(view.step("write", write.op, "written back here"))
    steps += view.trail(write, "written back here", "write")
    return tuple(steps)


def numbering_steps(view: View, numbering: Numbering | Choice, given: str = "the number") -> tuple[Step, ...]:
    """Look, write."""
    look, write = numbering.look, numbering.write
    steps = [view.step("read", look.op, "looked at here"), *view.trail(look, "looked at here", "read")]
    for held in write.held:
        steps += view.held_step(held)
    steps.append(view.step("write", write.op, f"given {given} here"))
    steps += view.trail(write, f"given {given} here", "write")
    return tuple(steps)


def lost_update(place: str, old: str = "3", mine: str = "4", theirs: str = "4") -> Rows:
    """Two actors that both write back what they made of the same old value."""
    return (
        ("A", f"reads {place} = {old}"),
        ("B", f"reads {place} = {old}"),
        ("A", f"writes {place} = {mine}"),
        ("B", f"writes {place} = {theirs}    A's update is lost"),
    )


def both_pass(place: str, test: str, deed: str, loss: str) -> Rows:
    """Two actors that both pass one test and both act on it."""
    return (
        ("A", f"{test}: passes"),
        ("B", f"{test}: passes"),
        ("A", deed),
        ("B", f"{deed}    {loss}"),
    )
