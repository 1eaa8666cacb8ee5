"""A lock made of a key is deleted by whoever, or has no end.

A key that is set only where it is absent serves as a lock. When its time is over before the work is, another
takes the lock, and the deletion at the end takes it away from that one. And a lock without an end stays for
ever when its holder dies.

Bad:

    import redis

    client = redis.Redis()

    def import_feed(feed):
        key = f"import-{feed}"
        if client.set(key, "1", nx=True, ex=60):
            try:
                fetch(feed)
            finally:
                client.delete(key)

Good:

    import redis

    client = redis.Redis()

    def import_feed(feed):
        with client.lock(f"import-{feed}", timeout=60):
            fetch(feed)

Take the lock that the library offers: it writes a token of its own, and deletes the key only where the token
is still there. Else set a random token, and compare and delete in one step (a script). Low confidence where
the deletion happens only in time, by the clock.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, MEDIUM, Check, View, Violation

check = Check("RMW606", "unowned-lock-release", since="0.1")


@check.on_function
def find(view: View) -> Iterator[Violation]:
    told: set[object] = set()
    for lock in view.key_locks():
        place = lock.release.place
        if place is None or (lock.expires and lock.owned) or view.span(lock.release.op) in told:
            continue
        told.add(view.span(lock.release.op))
        key = place.text
        in_time = lock.expires and lock.timely
        # Of a lock that another method takes, only its callers know whether they still hold it.
        elsewhere = lock.at is not view.fn
        if lock.expires:
            message = f"the lock `{key}` is deleted, even where its time is over and another holds it"
            end = (("B", f"takes {key}: its time was over"), ("A", f"deletes {key}    B's lock is gone"))
        else:
            message = f"the lock `{key}` has no end: it stays when its holder dies before this deletion"
            end = (("A", "dies"), ("B", f"waits for {key}    for ever"))
        unlikely = view.one_shot or elsewhere or in_time
        yield view.violation(
            check,
            lock.release.op,
            message,
            place=key,
            sure=LOW if unlikely else min(MEDIUM, lock.acquire.sure, lock.release.sure),
            steps=(
                view.step("lock", lock.acquire.op, "taken here", lock.at),
                view.step("write", lock.release.op, "deleted here"),
            ),
            interleaving=(("A", f"takes {key}"), *end),
            remedy="use the library's own lock, or compare a token and delete in one step; set an expiry",
        )
