"""A value that no row has yet is chosen in Python, and given to a new row.

The values that are taken are read, one that is not among them is chosen, and a row is made with it: a free
port, address, slot, VLAN. Two requests that look at the same time find the same ones taken, mostly choose the
same one, and give it to two rows; or the second one fails with an error that nobody handles.

Bad:

    from django.db import models

    class Lease(models.Model):
        pool = models.IntegerField()
        port = models.IntegerField()

    def lease(pool):
        taken = set(Lease.objects.filter(pool=pool).values_list("port", flat=True))
        port = next(port for port in range(8000, 9000) if port not in taken)
        return Lease.objects.create(pool=pool, port=port)

Good:

    from django.db import models, transaction

    class Pool(models.Model):
        name = models.CharField(max_length=80)

    class Lease(models.Model):
        pool = models.ForeignKey(Pool, on_delete=models.CASCADE)
        port = models.IntegerField()

    def lease(pk):
        with transaction.atomic():
            pool = Pool.objects.select_for_update().get(pk=pk)
            taken = set(Lease.objects.filter(pool=pool).values_list("port", flat=True))
            port = next(port for port in range(8000, 9000) if port not in taken)
            return Lease.objects.create(pool=pool, port=port)

Hold the parent's row, or a lock for the pool of values, from the look to the creation; or declare the value
unique and choose another one where the creation is refused. A table of free values of which one row is taken
under `SELECT … FOR UPDATE SKIP LOCKED` lets requests go on side by side.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, numbering_steps

check = Check("RMW505", "free-value", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    # what is looked for one by one is told as that
    told = {view.span(one.create.op) for one in view.creations if not one.guard and one.how == "absent"}
    for choice in view.choices:
        if choice.guard or view.span(choice.write.op) in told:
            continue
        told.add(view.span(choice.write.op))
        thing, column = view.thing(choice.write), choice.column
        yield view.violation(
            check,
            choice.write.op,
            f"`{thing}.{column}` is given a value that was free; another can take it in between",
            place=f"{thing}.{column}",
            sure=LOW if choice.unique or view.one_shot else choice.sure,
            steps=numbering_steps(view, choice, "the free value"),
            interleaving=(
                ("A", f"looks which {column} are taken: 8001 is free"),
                ("B", f"looks which {column} are taken: 8001 is free"),
                ("A", f"makes a {thing} with {column} = 8001"),
                (
                    "B",
                    f"makes a {thing} with {column} = 8001    "
                    + ("fails" if choice.unique else "two have it"),
                ),
            ),
            remedy="lock the parent's row from the look to the creation, or make it unique and choose again",
        )
