"""Something is looked for, not found and created, and nothing forbids a second one.

Two requests can look at the same time, both find nothing, and both create: the row is there twice, or the
second one fails with an error that nobody handles.

Bad:

    from django.db import models

    class Tag(models.Model):
        name = models.CharField(max_length=50)

    def tag_named(name):
        tag = Tag.objects.filter(name=name).first()
        if tag is None:
            tag = Tag.objects.create(name=name)
        return tag

Good:

    from django.db import models

    class Tag(models.Model):
        name = models.CharField(max_length=50, unique=True)

    def tag_named(name):
        tag, created = Tag.objects.get_or_create(name=name)
        return tag

Silent where the database refuses the second row and the function, or everything in the project that calls it,
tries again after a duplicate or catches it; where what creates takes an answer that says so (`"already
exists" in reply.text`) for an answer; and where everything that calls it holds one lock, or has locked rows.
Told with low confidence only, of what its name alone says to be created: what is looked for by the id of the
object that it is made from, what only a loop makes that is called and not handed to a thread, and what is
refused anyhow where it is found; and of whatever a command that is run by hand makes, or one loop of each
host (a periodic task) that asks its object for the host. So is a row whose columns are unique, where the
function fails when it finds one (not where it then ends well: a second creation fails for somebody who was to
be told that all is well), and what is looked for by its key, and made under another, or by a reference, and
made without it. With medium confidence at most, of what is created for each key that is wanted and not there
(`set(wanted) - set(existing)`), and of a row whose class stands in a package that is not there to be read: it
is known by its name and by the way to its rows alone. So of a row that the function makes and only gives
away, which is kept with what it is put into, and of what a base class makes that is no row itself: only the
classes derived from it say what is unique. What is found, or else made, and saved by one call for both
(`row = find() or Row()`, then `row.save()`) is created there; what a query has found and is added to the
session again is not.

Declare the columns of the look unique, and create first: `get_or_create`, an upsert, or a creation whose
duplicate is caught and looked up again. Where that cannot be, hold one lock over both, or lock the row of a
common parent before the look.

Fix for Django: look, then create → `get_or_create`, where the columns of the look are unique. Safe where
what the row is made of calls nothing. Unsafe otherwise: what the row is made of is made always.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, Creation, View, Violation, creation_steps

check = Check("RMW501", "check-then-create", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for creation in view.creations:
        if creation.guard or creation.how != "absent" or view.span(creation.create.op) in told:
            continue
        told.add(view.span(creation.create.op))
        thing = view.thing(creation.create)
        yield view.violation(
            check,
            creation.create.op,
            f"`{thing}` is created because it was not found; another can create it in between",
            place=thing,
            sure=LOW if view.one_shot or view.runs_alone else _sure(creation),
            steps=creation_steps(view, creation),
            interleaving=(
                ("A", f"looks for {thing}: finds none"),
                ("B", f"looks for {thing}: finds none"),
                ("A", f"creates {thing}"),
                ("B", f"creates {thing}    " + ("fails" if creation.unique else "now there are two")),
            ),
            remedy="make it unique, create first and handle the duplicate (`get_or_create`, upsert), or lock",
            hints=(*((("unique", "yes"),) if creation.unique else ()), *view.hints(creation.create)),
        )


def _sure(creation: Creation) -> int:
    if creation.refused and (creation.unique or creation.create.does == "make"):
        return LOW
    return min(creation.sure, MEDIUM) if creation.unique else creation.sure
