"""A row is deleted because of what it says or what refers to it, and both may change.

Two requests can meet: one looks at the row and finds that it may go, the other changes its state or adds a
row that refers to it, and the first deletes it all the same. What the second has done is lost with it, or
what it has added refers to nothing. So too where what the row says is put elsewhere before it goes: what is
changed meanwhile is lost, and who does the same at the same time puts it there twice. And where what the row
has taken is given back to a quota (`quotas.reserve(project, volumes=-1)`), whether or not it was still there.

Bad:

    from django.db import models

    class Draft(models.Model):
        status = models.CharField(max_length=20)

    def discard(pk):
        draft = Draft.objects.get(pk=pk)
        if draft.status != "open":
            raise ValueError("it is sent already")
        draft.delete()

Bad, with rows that refer to it:

    from django.db import models

    class Shelf(models.Model):
        name = models.CharField(max_length=50)

    class Book(models.Model):
        shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)

    def take_down(pk):
        shelf = Shelf.objects.get(pk=pk)
        if Book.objects.filter(shelf=shelf).exists():
            raise ValueError("there are books on it")
        shelf.delete()

Bad, with what is put elsewhere:

    from django.db import models

    class Stock(models.Model):
        count = models.IntegerField(default=0)

    class Preorder(models.Model):
        stock = models.ForeignKey(Stock, on_delete=models.PROTECT)
        count = models.IntegerField()

    def settle(pk):
        preorder = Preorder.objects.get(pk=pk)
        Stock.objects.filter(pk=preorder.stock_id).update(count=models.F("count") + preorder.count)
        preorder.delete()

Good:

    from django.db import models, transaction

    class Draft(models.Model):
        status = models.CharField(max_length=20)

    def discard(pk):
        with transaction.atomic():
            draft = Draft.objects.select_for_update().get(pk=pk)
            if draft.status != "open":
                raise ValueError("it is sent already")
            draft.delete()

Good, with rows that refer to it:

    from django.db import models, transaction

    class Shelf(models.Model):
        name = models.CharField(max_length=50)

    class Book(models.Model):
        shelf = models.ForeignKey(Shelf, on_delete=models.CASCADE)

    def take_down(pk):
        with transaction.atomic():
            shelf = Shelf.objects.select_for_update().get(pk=pk)
            if Book.objects.filter(shelf=shelf).exists():
                raise ValueError("there are books on it")
            shelf.delete()

Good, with what is put elsewhere:

    from django.db import models, transaction

    class Stock(models.Model):
        count = models.IntegerField(default=0)

    class Preorder(models.Model):
        stock = models.ForeignKey(Stock, on_delete=models.PROTECT)
        count = models.IntegerField()

    def settle(pk):
        with transaction.atomic():
            preorder = Preorder.objects.select_for_update().get(pk=pk)
            Stock.objects.filter(pk=preorder.stock_id).update(count=models.F("count") + preorder.count)
            preorder.delete()

Silent where the database refuses to delete a row that is referred to (`on_delete=models.PROTECT`, a foreign
key of SQLAlchemy without `ondelete`), where the deletion carries the test, where a lock is held over both,
and where the test admits only a state that says that an operation is under way: its owner goes on.

Low confidence where a test of the row's own column refuses nothing and says more than that nothing is set
there (`if job.old: job.delete()` picks what nobody wants any more), where what the row says is only copied to
a new row, as who notes down what is gone does, where nobody is seen to change that column, or it refers to
another row; where the row came in as a parameter and the column is not called a status; where it is not known
what refers to it; and where the row is deleted because something has gone wrong, or by a command that is run
by hand.

Lock the row before the look (who adds a row that refers to it waits for that too), let the deletion carry the
test, or let a foreign key refuse it.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, Deletion, View, Violation, deletion_steps

check = Check("RMW110", "check-then-delete", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    told: set[int] = set()
    for deletion in sorted(view.deletions, key=lambda deletion: (-deletion.sure, deletion.delete.op)):
        delete = deletion.delete
        if deletion.guard or delete.op in told:
            continue
        told.add(delete.op)
        row = _row(deletion)
        said = f"{row}.{deletion.column}"
        looked, meanwhile = f"looks at {said}: it may go", f"changes {said}"
        because = f"of `{said}`"
        if deletion.how == "contents":
            looked, meanwhile = f"looks at {said}: there are none", f"adds to {said}"
            because = f"`{said}` is found empty"
        elif deletion.how == "moved":
            looked, meanwhile = f"puts {said} elsewhere", f"changes {said}, or does the same"
            because = f"`{said}` has been put elsewhere"
        elif deletion.how == "taken":
            looked, meanwhile = f"finds {row}, gives back what it took", "does the same"
            because = "what it took is given back"
        elif deletion.how == "referring":
            looked, meanwhile = (
                f"looks for what refers to {row}: finds none",
                f"adds one that refers to {row}",
            )
            because = "nothing is found that refers to it"
        yield view.violation(
            check,
            delete.op,
            _message(deletion, row, because),
            place=said if deletion.how not in ("referring", "taken") else row,
            sure=_sure(view, deletion),
            steps=deletion_steps(view, deletion),
            interleaving=(("A", looked), ("B", meanwhile), ("A", f"deletes {row}    B's work is lost")),
            remedy="lock the row before the look, or let the deletion carry the test",
        )


def _message(deletion: Deletion, row: str, because: str) -> str:
    if deletion.how == "taken":
        return f"`{row}` is deleted and {because}; another that does so too gives it back once more"
    return f"`{row}` is deleted because {because}, and nothing keeps another from changing that in between"


def _row(deletion: Deletion) -> str:
    look, place = deletion.look, deletion.delete.place
    if look is not None and look.place is not None and deletion.how != "referring" and look.place.text != "…":
        return look.place.text
    return place.text if place is not None and place.text not in ("", "…") else "the row"


def _sure(view: View, deletion: Deletion) -> int:
    return LOW if view.one_shot or view.runs_alone else deletion.sure
