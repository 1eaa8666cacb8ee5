"""A save that takes a guard returns before it evaluates it.

The caller passes what it expects to find and takes the normal return for "it was so". On the path that leaves
early nobody looked. The second of two equal requests changes nothing any more, so it leaves early, and passes
the gate that the guard was meant to be. Those who rely on the guard are named as steps.

A guard that comes in a dict is skipped too where the function takes it out of that dict and is tried again:
the next try finds none.

Bad:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            changes = self.obj_get_changes()
            if not changes:
                return
            update(self.uuid, changes, expected_task_state)

Good:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            changes = self.obj_get_changes()
            if not changes and expected_task_state is None:
                return
            update(self.uuid, changes, expected_task_state)

Bad, where every try is given the same dict:

    from oslo_db import api

    @api.wrap_db_retry(max_retries=5)
    def server_update(context, uuid, values):
        expected = values.pop("expected_task_state", None)
        write(context, uuid, values, expected)

Good, where every try is given the same dict:

    from oslo_db import api

    @api.wrap_db_retry(max_retries=5)
    def server_update(context, uuid, values):
        values = dict(values)
        expected = values.pop("expected_task_state", None)
        write(context, uuid, values, expected)

No guard is what is written itself, what a file must hold, or a class that exceptions are caught by.

Evaluate the guard on every path that returns normally. Leave it to the next try: take it out of a copy.

Fix for oslo.versionedobjects, classes whose `save` takes `expected_…`: the early return waits until no
guard is passed. Unsafe: what follows the return runs for callers that pass a guard.
"""

from collections.abc import Iterator
from itertools import islice

from rmwlint.check import HIGH, MEDIUM, Check, View, Violation

check = Check("RMW103", "guard-skipped", since="0.1")

#: whoever reads a longer list has understood
_MOST = 40


@check.on_function
def find(view: View) -> Iterator[Violation]:
    yield from _skipped(view)
    for spent in view.spent_guards():
        again = spent.again
        yield view.violation(
            check,
            spent.take,
            f"`{spent.guard}` is taken out of `{spent.parameter}`, so the next try writes without it",
            place=spent.parameter,
            sure=MEDIUM,
            steps=[view.step("guard", spent.take, f"taken out here; `{again.facts.name}` is tried again")],
            interleaving=(
                ("A", "tries: takes the guard out of the dict, and is refused"),
                ("B", "changes the state"),
                ("A", "tries again with the same dict: no guard is left, and B's state is overwritten"),
            ),
            remedy=f"take it out of a copy: `{spent.parameter} = dict({spent.parameter})`",
        )


def _skipped(view: View) -> Iterator[Violation]:
    skipped = list(view.skipped_guards())
    if not skipped:
        return
    names = ", ".join(f"`{one.guard}`" for one in skipped)
    first = skipped[0]
    owner = view.fn.owner
    place = f"{owner.name}.{view.fn.facts.name}" if owner is not None else view.fn.facts.name
    yield view.violation(
        check,
        first.exit,
        f"`{place}` returns normally here without having evaluated {names}",
        place=place,
        sure=HIGH,
        steps=[
            view.step("decide", first.exit, "leaves before the guard"),
            view.step("guard", first.look, f"`{first.guard}` is evaluated only here"),
            *(
                view.step("decide", op, f"`{fn.facts.name}` takes the return for its go-ahead", fn)
                for fn, op in islice(view.relying(one.guard for one in skipped), _MOST)
            ),
        ],
        interleaving=(
            ("A", f"sets the state, saves with {first.guard}: passes"),
            ("B", "reads A's state, sets the same: nothing changed"),
            ("B", f"saves with {first.guard}: returns early    passes as well"),
        ),
        remedy="evaluate the guard on every path that returns normally, also when nothing changed",
        hints=[("guard", one.guard) for one in skipped],
    )
