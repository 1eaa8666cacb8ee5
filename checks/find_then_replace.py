"""A document is found, changed in Python and written back, whatever it has become.

Another process can change the document in between. What it wrote is replaced by what this one read.

Bad:

    from pymongo import MongoClient

    orders = MongoClient().shop.orders

    def pay(order_id, amount):
        order = orders.find_one({"_id": order_id})
        order["paid"] += amount
        orders.replace_one({"_id": order_id}, order)

Good:

    from pymongo import MongoClient

    orders = MongoClient().shop.orders

    def pay(order_id, amount):
        orders.update_one({"_id": order_id}, {"$inc": {"paid": amount}})

Use the operators that change a document where it is (`$inc`, `$push`, `$addToSet`, a script), or put the
version that was read into the filter (`if_seq_no`) and look at what the write says.

Fix for PyMongo: `find_one`, change, `replace_one` → `update_one` with `$inc`, `$set`. Unsafe: nothing is
raised where there is no such document.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, store_steps

check = Check("RMW602", "find-then-replace", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for window in view.store_windows("document"):
        place = window.text
        line = view.span(window.read.op).line
        yield view.violation(
            check,
            window.write.op,
            f"the document is written back from what was read on line {line}",
            place=place,
            sure=LOW if view.one_shot else window.sure,
            steps=store_steps(view, window),
            interleaving=(
                ("A", "reads the document"),
                ("B", "reads the document"),
                ("A", "writes the document with its change"),
                ("B", "writes the document with its own    A's change is lost"),
            ),
            remedy="change it where it is ($inc, $push, $set of its own), or compare a version in the write",
        )
