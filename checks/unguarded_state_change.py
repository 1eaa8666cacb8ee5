"""A state is set and saved without the expected-state guard that its class offers.

The class's own `save` takes an `expected_…` argument, by which the database refuses the write when somebody
else has changed the state meanwhile. A call that sets that state and does not pass the argument overwrites
whatever is there: two operations both believe that they own the object.

Bad:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            write(self.uuid, self.obj_get_changes(), expected_task_state)

    def pause(context, uuid):
        server = Server.get_by_uuid(context, uuid)
        if server.task_state is not None:
            raise Busy(uuid)
        server.task_state = "pausing"
        server.save()

Good:

    from oslo_versionedobjects import base, fields

    @base.VersionedObjectRegistry.register
    class Server(base.VersionedObject):
        fields = {"uuid": fields.UUIDField(), "task_state": fields.StringField(nullable=True)}

        def save(self, expected_task_state=None):
            write(self.uuid, self.obj_get_changes(), expected_task_state)

    def pause(context, uuid):
        server = Server.get_by_uuid(context, uuid)
        if server.task_state is not None:
            raise Busy(uuid)
        server.task_state = "pausing"
        server.save(expected_task_state=[None])

Pass the state that you decided on; catch the conflict and give it to the caller.

Fix for oslo.versionedobjects, classes whose `save` takes `expected_…`: `save()` →
`save(expected_<attribute>=[…])` from the test above it, or the decorator. Unsafe: the caller sees the
guard's exception.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, Event, View, Violation, both_pass

check = Check("RMW101", "unguarded-state-change", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for event in view.events:
        if event.does not in ("write", "offer") or event.fresh or event.place is None or event.trail:
            continue
        if event.passed:
            continue  # one compare-and-swap guards the whole row
        for guard, attribute in _unguarded(event):
            place = f"{event.place.text}.{attribute}"
            at = dict(event.set_at).get(attribute)
            steps = [] if at is None else [view.step("read", at, f"`{attribute}` is set here")]
            steps.append(view.step("write", event.op, f"saved here without `{guard}`"))
            weak = _ends(event) or view.where_it_failed(event)
            yield view.violation(
                check,
                event.op,
                f"`{place}` is set and saved without `{guard}`, so a change by somebody else is overwritten",
                place=place,
                sure=LOW if weak else event.sure,
                steps=steps,
                interleaving=both_pass(place, f"looks at {place}", f"writes {place}", "overwrites A's state"),
                remedy=f"pass `{guard}=` with the state that this operation starts from",
                hints=(("guard", guard), ("attribute", attribute)),
            )
            break


def _unguarded(event: Event) -> Iterator[tuple[str, str]]:
    columns = dict(event.columns)
    for guard in event.offered:
        kind, _, attribute = guard.partition("_")
        if kind in ("expected", "if") and attribute in columns:
            yield guard, attribute
        elif kind == "from":
            yield from ((guard, name) for name in (attribute, "status") if name in columns)


def _ends(event: Event) -> bool:
    """Whether a guarded state is cleared, as whoever owns the operation does at its end."""
    columns = dict(event.columns)
    states = {guard.partition("_")[2] for guard in event.offered}
    return any(name in states and value.const is None for name, value in columns.items())
