"""A limit is checked by counting, and then one more is created.

Two requests can count at the same time, both find room for one more, and both create: the limit is passed.

Bad:

    from django.db import models

    class Seat(models.Model):
        event = models.IntegerField()

    def book(event, limit):
        if Seat.objects.filter(event=event).count() >= limit:
            raise ValueError("sold out")
        Seat.objects.create(event=event)

Good:

    from django.db import models, transaction

    class Event(models.Model):
        limit = models.IntegerField()

    class Seat(models.Model):
        event = models.ForeignKey(Event, on_delete=models.CASCADE)

    def book(pk):
        with transaction.atomic():
            event = Event.objects.select_for_update().get(pk=pk)
            if Seat.objects.filter(event=event).count() >= event.limit:
                raise ValueError("sold out")
            Seat.objects.create(event=event)

Lock the row that the limit belongs to before counting, or keep the count in a column that is raised by a
conditional update.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, creation_steps

check = Check("RMW504", "count-then-create", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for creation in view.creations:
        if creation.guard or creation.how != "counted" or view.span(creation.create.op) in told:
            continue
        told.add(view.span(creation.create.op))
        thing = view.thing(creation.create)
        yield view.violation(
            check,
            creation.create.op,
            f"`{thing}` is counted against a limit and then created; another can be created in between",
            place=thing,
            sure=LOW if view.one_shot or view.runs_alone else creation.sure,
            steps=creation_steps(view, creation),
            interleaving=(
                ("A", f"counts {thing}: one more is allowed"),
                ("B", f"counts {thing}: one more is allowed"),
                ("A", f"creates {thing}"),
                ("B", f"creates {thing}    the limit is passed"),
            ),
            remedy="lock the row that the limit belongs to before counting",
        )
