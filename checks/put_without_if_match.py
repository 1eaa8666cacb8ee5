"""A resource is fetched over HTTP, changed and put back without If-Match.

Whoever else changes the resource between the two requests loses the change: the server cannot know that this
answer is based on an old one.

Bad:

    import requests

    def rename(url, name):
        profile = requests.get(url).json()
        profile["name"] = name
        requests.put(url, json=profile)

Good:

    import requests

    def rename(url, name):
        answer = requests.get(url)
        profile = answer.json()
        profile["name"] = name
        seen = {"If-Match": answer.headers["ETag"]}
        requests.put(url, json=profile, headers=seen).raise_for_status()

Send the ETag that was read as If-Match, and start again when the server answers 412; or send only what
changes, where the resource takes a patch.
"""

from collections.abc import Iterator

from rmwlint.check import LOW, Check, View, Violation, store_steps

check = Check("RMW605", "put-without-if-match", since="0.1")


@check.on_events
def find(view: View) -> Iterator[Violation]:
    for window in view.store_windows("http"):
        place = window.text
        line = view.span(window.read.op).line
        yield view.violation(
            check,
            window.write.op,
            f"`{place}` is written from what was read on line {line}, without If-Match",
            place=place,
            sure=LOW if view.one_shot else window.sure,
            steps=store_steps(view, window),
            interleaving=(
                ("A", "reads the resource"),
                ("B", "reads the resource"),
                ("A", "writes the resource with its change"),
                ("B", "writes the resource with its own    A's change is lost"),
            ),
            remedy="send the ETag that was read as If-Match, and start again on 412",
        )
