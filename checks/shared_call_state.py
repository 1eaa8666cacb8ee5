"""What belongs to one call is kept where all calls share it.

A wrapper that writes into a dict of the decorator around it, a constant that is changed under a local name, a
counter on the object that a method sets anew for each call: two calls at a time overwrite each other's, and
what one call has left there is still there at the next.

Bad:

    from functools import wraps

    def retrying(task, options):
        @wraps(task.run)
        def run(*args):
            try:
                return task.original(*args)
            except ConnectionError:
                options["countdown"] = backoff(task.request.retries)
                raise task.retry(**options)
        task.run = run

Bad:

    DEFAULT_HEADERS = {"accept": "application/json"}

    def fetch(session, url, token):
        headers = DEFAULT_HEADERS
        headers["authorization"] = token
        return session.get(url, headers=headers)

Bad:

    class Driver:
        def deploy(self, node):
            def check():
                if node.ready() or self.tries > 10:
                    raise LoopingCallDone()
                self.tries += 1

            self.tries = 0
            LoopingCall(check).start(interval=1).wait()

Good:

    from functools import wraps

    def retrying(task, options):
        @wraps(task.run)
        def run(*args):
            try:
                return task.original(*args)
            except ConnectionError:
                countdown = backoff(task.request.retries)
                raise task.retry(**{**options, "countdown": countdown})
        task.run = run

Good:

    DEFAULT_HEADERS = {"accept": "application/json"}

    def fetch(session, url, token):
        headers = dict(DEFAULT_HEADERS)
        headers["authorization"] = token
        return session.get(url, headers=headers)

Work on a copy, or keep it in a variable of the call.
"""

from collections.abc import Iterator

from rmwlint.check import MEDIUM, Check, View, Violation

check = Check("RMW412", "shared-call-state", since="0.1")

_WRITTEN = {
    "captured": "one dict for all calls",
    "constant": "the constant itself is changed",
    "counter": "set anew by each call",
}
_USED = {
    "captured": "handed on here, with what others have put in",
    "constant": "another name for the constant, no copy",
    "counter": "what another call has counted, too",
}


@check.on_function
def find(view: View) -> Iterator[Violation]:
    for kept in view.of_one_call:
        yield view.violation(
            check,
            kept.written,
            f"`{kept.text}` is shared by all calls, and is given what belongs to this one",
            place=kept.text,
            sure=MEDIUM,
            steps=[
                view.step("write", kept.written, _WRITTEN[kept.how]),
                view.step("read", kept.used, _USED[kept.how], kept.user),
            ],
            interleaving=(
                ("A", f"puts its own into {kept.text}"),
                ("B", f"puts its own into {kept.text}"),
                ("A", f"goes on with B's    and the next call finds it in {kept.text}"),
            ),
            remedy="work on a copy, or keep it in a variable of the call",
        )
