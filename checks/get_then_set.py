"""A key of a cache is read, changed in Python and set again with nothing held in between.

Another process can set the key between the two, and its change is lost; or both find nothing, both set their
mark, and both go on as if they were alone.

Bad:

    import redis

    client = redis.Redis()

    def visit(page):
        count = int(client.get(page) or 0)
        client.set(page, count + 1)

Good:

    import redis

    client = redis.Redis()

    def visit(page):
        client.incr(page)

Said too where the function raises an exception when it finds the key, and sets it otherwise, and where it
looks at the key, then has it added (`cache.add`), and drops the answer, which alone says who was first.

Said too of a key that must be there, or be what was given, else the function raises an exception, and that is
deleted then: a code that is good for once is spent twice. Not said where the answer of the deletion is used.

Let the store compute (`INCR`, `HINCRBY`, `SADD`, a Lua script), claim with one step (`SET NX`, `add`),
compare and set (`WATCH`, `cas`), or hold one lock over both.

Fix for redis-py: `get`, add, `set` → `incr`, `decr`. Unsafe: a key that holds no whole number is refused.

Fix for Django's cache, redis-py: look, then `set` → `cache.add`, `set(…, nx=True)`. Unsafe: a key with an
empty value is taken for claimed.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, store_steps

check = Check("RMW601", "get-then-set", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for window in view.store_windows("cache"):
        place = window.text
        if window.how == "claim" and window.branch is None:
            message = f"`{place}` is looked at, then added, and nobody asks whether it was there by then"
            loss = "both take themselves for the first"
        elif window.how == "spent":
            message = f"`{place}` must be there and is deleted then, and nobody asks whether it still was"
            loss = "both have spent it"
        elif window.how == "claim":
            message = f"`{place}` is set because it was not there; another can set it in between"
            loss = "both go on"
        else:
            message = f"`{place}` is set from what it was before; what another sets in between is lost"
            loss = "A's change is lost"
        deed = "deletes" if window.how == "spent" else "sets"
        yield view.violation(
            check,
            window.write.op,
            message,
            place=place,
            sure=LOW if view.one_shot else window.sure,
            steps=store_steps(view, window),
            interleaving=(
                ("A", f"gets {place}"),
                ("B", f"gets {place}"),
                ("A", f"{deed} {place}"),
                ("B", f"{deed} {place}    {loss}"),
            ),
            remedy="let the store do it in one step (INCR, SET NX, a script), or compare and set",
            hints=(("library", window.write.row.library),) if window.write.row is not None else (),
        )
