"""The next number is computed from those that are there, and given to a new row.

Two requests can look at the same time, see the same largest number or the same count, and give the same
number to two rows; or the second one fails with an error that nobody handles.

Bad:

    from django.db import models
    from django.db.models import Max

    class Invoice(models.Model):
        customer = models.IntegerField()
        number = models.IntegerField()

    def bill(customer):
        largest = Invoice.objects.filter(customer=customer).aggregate(n=Max("number"))["n"] or 0
        return Invoice.objects.create(customer=customer, number=largest + 1)

Good:

    from django.db import models, transaction
    from django.db.models import Max

    class Customer(models.Model):
        name = models.CharField(max_length=80)

    class Invoice(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.CASCADE)
        number = models.IntegerField()

    def bill(pk):
        with transaction.atomic():
            customer = Customer.objects.select_for_update().get(pk=pk)
            largest = Invoice.objects.filter(customer=customer).aggregate(n=Max("number"))["n"] or 0
            return Invoice.objects.create(customer=customer, number=largest + 1)

Let the database count: a sequence, an identity column, or a counter in the parent's row that is raised in one
statement. Or hold the parent's row from the look to the creation, or declare the number unique and try again.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, numbering_steps

check = Check("RMW503", "max-plus-one", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for numbering in view.numberings:
        if numbering.guard or view.span(numbering.write.op) in told:
            continue
        told.add(view.span(numbering.write.op))
        thing = view.thing(numbering.write)
        column = numbering.column
        source = "how many there are" if numbering.counted else "the last one"
        weak = numbering.unique or numbering.sorts or view.one_shot
        yield view.violation(
            check,
            numbering.write.op,
            f"`{thing}.{column}` is the next number after {source}; another can take it in between",
            place=f"{thing}.{column}",
            sure=LOW if weak else numbering.sure,
            steps=numbering_steps(view, numbering),
            interleaving=(
                ("A", f"looks at {thing}: 41 is taken"),
                ("B", f"looks at {thing}: 41 is taken"),
                ("A", f"writes {column} = 42"),
                ("B", f"writes {column} = 42    " + ("fails" if numbering.unique else "two have one number")),
            ),
            remedy="let the database count (a sequence, a counter raised in one step), or lock the parent",
        )
