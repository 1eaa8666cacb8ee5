"""A query asks for row locks and is never run, or ends in a statement that takes none.

A query only locks once it runs: `select_for_update()` and `with_for_update()` give a new query and lock
nothing themselves. Counts and aggregates leave the lock out. An update locks what it changes, but only as it
does so: whatever was looked at before may be stale.

Bad:

    from django.db import models, transaction

    class Event(models.Model):
        places = models.IntegerField()

    def book(pk):
        with transaction.atomic():
            Event.objects.select_for_update().filter(pk=pk)  # RMW308
            event = Event.objects.get(pk=pk)
            if event.places:
                event.places -= 1
                event.save()

Bad, with a count:

    from django.db import models, transaction

    class Seat(models.Model):
        room = models.CharField()

    def add(room):
        with transaction.atomic():
            if Seat.objects.select_for_update().filter(room=room).count() < 40:  # RMW308
                Seat.objects.create(room=room)

Good:

    from django.db import models, transaction

    class Event(models.Model):
        places = models.IntegerField()

    def book(pk):
        with transaction.atomic():
            event = Event.objects.select_for_update().get(pk=pk)
            if event.places:
                event.places -= 1
                event.save()

Run the query that asks for the lock, and go on with the rows that it gives.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation

check = Check("RMW308", "row-lock-not-taken", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    dependent = {window.write.op for window in view.windows}
    for lock in view.unlocked():
        ends = [op for op, _ in lock.ends]
        if not ends:
            message = f"the query that `{lock.name}()` gives is never run: it locks nothing"
            sure = lock.sure
        else:
            named = " and ".join(dict.fromkeys(f"`{name}()`" for _, name in lock.ends))
            message = f"{named} drops the row locks that `{lock.name}()` asks for"
            writes = {event.op for event in view.events if event.does in ("write", "delete")}
            alone = writes.issuperset(ends) and dependent.isdisjoint(ends)
            # A statement that changes rows by itself needs no lock: this one is only of no use.
            sure = LOW if alone else lock.sure
        yield view.violation(
            check,
            lock.op,
            message,
            place=lock.name,
            sure=sure,
            steps=(
                view.step("guard", lock.op, "row locks are asked for here"),
                *(view.step("write", end, "and dropped here") for end in ends),
            ),
            interleaving=(
                ("A", "asks for row locks and gets none"),
                ("B", "changes the same rows"),
                ("A", "goes on as if nobody could"),
            ),
            remedy="run the query that asks for the lock, and use the rows that it gives",
        )
