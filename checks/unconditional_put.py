"""An item is read, changed in Python and put back whole, without a condition.

A put replaces the item, whatever it has become since. Two that change it at the same time: the first change
is gone, and nobody is told.

Bad:

    import boto3

    table = boto3.resource("dynamodb").Table("carts")

    def add(cart_id, product):
        cart = table.get_item(Key={"id": cart_id})["Item"]
        cart["products"] = cart["products"] + [product]
        table.put_item(Item=cart)

Good:

    import boto3

    table = boto3.resource("dynamodb").Table("carts")

    def add(cart_id, product):
        cart = table.get_item(Key={"id": cart_id})["Item"]
        seen = cart["version"]
        cart["version"] = seen + 1
        cart["products"] = cart["products"] + [product]
        table.put_item(
            Item=cart,
            ConditionExpression="version = :seen",
            ExpressionAttributeValues={":seen": seen},
        )

Put with a condition (`ConditionExpression`, `IfMatch`, `if_generation_match`) and try again when it fails,
or let the store change what is there (`UpdateExpression` with `ADD` or `list_append`).
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, store_steps

check = Check("RMW603", "unconditional-put", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for window in view.store_windows("item"):
        place = window.text
        line = view.span(window.read.op).line
        yield view.violation(
            check,
            window.write.op,
            f"the item is put back from what was read on line {line}, without a condition",
            place=place,
            sure=LOW if view.one_shot else window.sure,
            steps=store_steps(view, window),
            interleaving=(
                ("A", "reads the item"),
                ("B", "reads the item"),
                ("A", "writes the item with its change"),
                ("B", "writes the item with its own    A's change is lost"),
            ),
            remedy="put it with a condition on what was read, or update it in one step",
        )
