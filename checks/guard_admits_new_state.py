"""The expected set contains the state being written, so a second caller passes too.

The guard asks the database for one of the expected states. After the first caller's write the object is in
the new state; if that is among the expected ones, the second caller's guard is true as well, and the gate
lets everybody through.

Bad:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            write(self.uuid, self.obj_get_changes(), expected_task_state)

    def resize(context, uuid):
        server = Server.get_by_uuid(context, uuid)
        server.task_state = "resizing"
        server.save(expected_task_state=[None, "resizing"])

Good:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            write(self.uuid, self.obj_get_changes(), expected_task_state)

    def resize(context, uuid):
        server = Server.get_by_uuid(context, uuid)
        server.task_state = "resizing"
        server.save(expected_task_state=[None])

Leave the new state out of the expected set. A call that expects nothing but the state that it writes is its
owner's, who confirms it: low confidence.

Fix for oslo.versionedobjects, classes whose `save` takes `expected_…`: the state being written is taken out
of the expected ones. Unsafe: whoever calls again meanwhile is refused.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, UNKNOWN, Check, View, Violation, both_pass

check = Check("RMW102", "guard-admits-new-state", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for event in view.events:
        if event.does not in ("write", "swap") or event.place is None or event.trail:
            continue
        columns = dict(event.columns)
        for guard, expected in event.passed:
            attribute = guard.partition("_")[2]
            value = columns.get(attribute)
            if value is None or not guard.startswith(("expected_", "if_")):
                continue
            new = view.constant(value)
            admitted = view.constant(expected)
            if new is UNKNOWN or new is None or admitted is UNKNOWN:
                continue
            if new != admitted and not (isinstance(admitted, tuple) and new in admitted):
                continue
            place = f"{event.place.text}.{attribute}"
            yield view.violation(
                check,
                event.op,
                f"`{guard}` admits {new!r}, the state that this call writes: a second caller passes too",
                place=place,
                # Only the owner of a state expects it alone: it says once more what it has said before.
                sure=LOW if admitted in (new, (new,)) else event.sure,
                steps=[view.step("guard", event.op, f"`{guard}` contains {new!r}")],
                interleaving=both_pass(
                    place, f"writes {place} = {new!r}, expecting {admitted!r}", "goes on", "both own it"
                ),
                remedy=f"leave {new!r} out of `{guard}`",
                hints=(("guard", guard), ("new", repr(new))),
            )
