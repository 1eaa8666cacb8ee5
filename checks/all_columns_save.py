"""A fetched row is saved whole after a few columns changed.

`save()` without `update_fields` writes every column as it was read. Whatever another request has committed to
the other columns since then is silently put back.

Bad:

    from django.db import models

    class Order(models.Model):
        note = models.TextField()
        status = models.CharField(max_length=20)

    def annotate(pk, note):
        order = Order.objects.get(pk=pk)
        order.note = note
        order.save()

    def close(pk):
        Order.objects.filter(pk=pk).update(status="closed")

Good:

    from django.db import models

    class Order(models.Model):
        note = models.TextField()
        status = models.CharField(max_length=20)

    def annotate(pk, note):
        order = Order.objects.get(pk=pk)
        order.note = note
        order.save(update_fields=["note"])

    def close(pk):
        Order.objects.filter(pk=pk).update(status="closed")

Name the columns that changed, or lock the row from the read to the commit.

Told with low confidence where nobody is seen to write another column once the row is there: no code that
knows the class, no form, serializer or admin page of it. Likewise where rows of any class are only marked as
deleted, where only some of the columns were read (`only`, `defer`), where the row is found by the request
that is being handled, and where it has just been made: here, as what gave it says (`row, created = …`), by
one constructor or another, in a function that returns it in a tuple, or by most of those who have an object
save itself; where it is the row of another one that the function has just made; and where all that is set is
set only while the row has no key. References that are unique together count as keys: they say between what
the row stands. So is a row that a form gives unsaved (`form.save(commit=False)`) and that the form is not
seen to be given: it is as often new as not; a row kept in an attribute to which the object's methods give
only rows that they make; a row of a database that refuses to write what has changed since; one that came
with a signal that it has just been saved; and what no service runs: a migration, a script, what makes data
for tests. Silent where all the columns of the class change.

Fix for Django, Tortoise: `save()` → `save(update_fields=[…])`, `auto_now` columns kept. Safe where the
class and every column set are known, and the row is read in the same function. Unsafe otherwise: a caller,
a callee or a `save` of the class's own may set columns that are not seen.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, Event, View, Violation

#: what other checks tell of one and the same save, and more closely
LOST = ("decide", "arith", "container")

check = Check("RMW202", "all-columns-save", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    told = {window.write.op for window in view.open_windows if window.how in LOST and window.sure >= MEDIUM}
    for event in view.saves_of_stale_rows():
        if not event.whole or not view.names(event) or event.passed or event.op in told:
            continue
        if view.given_back(event):
            continue
        if any(view.is_key(event, name) for name, _ in event.columns):
            continue  # it is another row that is made here
        if view.no_other_columns(event):
            continue
        yield _violation(view, event)


def _violation(view: View, event: Event) -> Violation:
    assert event.place is not None
    place = event.place.text
    changed = view.names(event)[:4]
    names = ", ".join(f"`{name}`" for name in changed)
    fields = ", ".join(repr(name) for name in changed)
    read = view.read_of(event)
    steps = [] if read is None else [view.step("read", read.op, "read here")]
    steps += [view.step("read", at, f"`{name}` changes here") for name, at in event.set_at[:4]]
    steps.append(view.step("write", event.op, "every column is written here"))
    steps += view.trail(event, "every column is written here", "write")
    unlikely = view.runs_alone or view.preconditioned or (read is None and view.makes)
    unlikely = unlikely or view.marks_gone(event) or (read is not None and view.of_this_request(read))
    unlikely = unlikely or (read is not None and view.asks_for_few(read, event))
    unlikely = unlikely or view.mostly_new(event) or view.unsaved(event) or not view.has_rivals(event)
    unlikely = unlikely or view.isolated(event) or view.just_saved(event)
    return view.violation(
        check,
        event.op,
        f"`{place}` is saved with all its columns although only {names} changed",
        place=place,
        sure=LOW if unlikely else min(event.sure, MEDIUM),
        steps=steps,
        interleaving=(
            ("A", f"reads {place}"),
            ("B", f"reads {place}, changes another column, saves"),
            ("A", f"changes {names.replace('`', '')}, saves every column    B's change is put back"),
        ),
        remedy=f"name the columns: `save(update_fields=[{fields}])`",
        hints=view.hints(event),
    )
