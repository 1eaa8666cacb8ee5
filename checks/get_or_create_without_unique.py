"""A row is got or created by columns that nothing keeps unique.

Get-or-create looks first and creates then. It is safe because the database refuses the second row, after
which it looks again. Without a unique constraint on the columns of the look two requests both create, and
from then on every look finds two rows and fails.

Bad:

    from django.db import models

    class Tag(models.Model):
        name = models.CharField(max_length=50)

    def tag_named(name):
        return Tag.objects.get_or_create(name=name)[0]

Good:

    from django.db import models

    class Tag(models.Model):
        name = models.CharField(max_length=50, unique=True)

    def tag_named(name):
        return Tag.objects.get_or_create(name=name)[0]

Declare the columns of the look unique, or look by columns that are; what else the new row needs belongs in
`defaults`. Silent where columns of `defaults` are unique and follow from what is looked for: the second row
is refused then too.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation

check = Check("RMW502", "get-or-create-without-unique", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for found in view.ensured:
        op = found.event.op
        if view.span(op) in told:
            continue
        told.add(view.span(op))
        columns = ", ".join(f"`{column}`" for column in found.columns)
        name = found.cls.name
        yield view.violation(
            check,
            op,
            f"`{name}` is got or created by {columns}, which nothing keeps unique: two can be created",
            place=name,
            sure=LOW if view.one_shot else found.sure,
            steps=(view.step("write", op, "looked for, and created where it is not found"),),
            interleaving=(
                ("A", f"looks for {name}: finds none"),
                ("B", f"looks for {name}: finds none"),
                ("A", f"creates {name}"),
                ("B", f"creates {name}    now there are two"),
            ),
            remedy=f"declare {columns} unique" + (" together" if len(found.columns) > 1 else ""),
        )
