"""What a check sees of one function, and how it says what it found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

from rmwlint.libraries.index import snake
from rmwlint.program.link import link
from rmwlint.program.program import Fn
from rmwlint.program.reverse import references
from rmwlint.violation import Confidence, Span, Step, Violation
from rmwlint.windows.concurrency.by_hand import by_hand, called_from_elsewhere, run_by_hand
from rmwlint.windows.concurrency.callers import (
    entered_far_lock,
    kept_out_wherever_called,
    lock_kept_by_object,
    lock_taken_before,
    locked_wherever_called,
)
from rmwlint.windows.concurrency.modules import copied_in, imports_concurrency, several_processes
from rmwlint.windows.concurrency.phases import ends, one_at_a_time, prepared, prepares, starts
from rmwlint.windows.concurrency.quiet import heard, quiet
from rmwlint.windows.concurrency.sharing import method_around
from rmwlint.windows.concurrency.suspends import switches_of
from rmwlint.windows.concurrency.unused import unused
from rmwlint.windows.concurrency.ways import called_bare
from rmwlint.windows.creations.choosing import Choice, choices
from rmwlint.windows.creations.creation import Creation, creations, thing
from rmwlint.windows.creations.deletions import Deletion, deletions
from rmwlint.windows.creations.ensured import Ensured, ensured
from rmwlint.windows.creations.numbering import Numbering, numberings
from rmwlint.windows.creations.unique import uniques
from rmwlint.windows.files.actors import nobody_comes
from rmwlint.windows.files.alone import acts_alone, of_process, others_lock, puts_own_in_place, same_text
from rmwlint.windows.files.flags import opens_what_is_there
from rmwlint.windows.files.found import Found, found_used
from rmwlint.windows.files.half_made import HalfMade, half_made
from rmwlint.windows.files.listed import Listed, listed
from rmwlint.windows.files.meant import meant_for_many
from rmwlint.windows.files.named_looks import NamedLook, named_looks
from rmwlint.windows.files.ownership import common_by_name, of_one, of_one_key
from rmwlint.windows.files.rooted import named_by_few
from rmwlint.windows.files.streams import COMMON, Stream, common, streams
from rmwlint.windows.files.tables import of_many
from rmwlint.windows.find import (
    Window,
    connected_alone,
    failing,
    guard_of,
    just_saved,
    open_windows,
    refuses,
    runs_alone,
    same_place,
    save_told_below,
    windows,
)
from rmwlint.windows.flow import in_handler, passes, reaches
from rmwlint.windows.guards.copied import copied
from rmwlint.windows.guards.done_again import done_again
from rmwlint.windows.guards.first_hand import handed_new
from rmwlint.windows.guards.first_saves import of_created_row, of_first_save, only_new_change
from rmwlint.windows.guards.handed_out import handed_out
from rmwlint.windows.guards.identities import puts_what_it_compares
from rmwlint.windows.guards.isolated import isolated
from rmwlint.windows.guards.made_to_save import made_to_save
from rmwlint.windows.guards.outcomes import dropped_by_callers, looked_at
from rmwlint.windows.guards.preconditions import preconditioned
from rmwlint.windows.guards.replaced import replaced_by_callers
from rmwlint.windows.guards.skipped import Skipped, relying, skipped_guards
from rmwlint.windows.guards.spent import Spent, spent_guards
from rmwlint.windows.interpreter.columns import keeps_fractions, row_keys
from rmwlint.windows.interpreter.constants import constant_of
from rmwlint.windows.interpreter.decorators import FIRST, FIRST_OF_CLASS
from rmwlint.windows.interpreter.interpret import Analysis
from rmwlint.windows.interpreter.paths import of_kernel, scratch
from rmwlint.windows.interpreter.presence import found_there
from rmwlint.windows.memory.drains import Drain, drains, drains_of_threads
from rmwlint.windows.memory.of_one_call import OfOneCall, of_one_call
from rmwlint.windows.memory.refills import Refill, refills
from rmwlint.windows.memory.registered_late import RegisteredLate, registered_late
from rmwlint.windows.memory.restored import Restored, restored
from rmwlint.windows.memory.setups import Setup, setups
from rmwlint.windows.memory.shared import SharedWindow, Walk, asks_for_change, shared_windows, walks
from rmwlint.windows.memory.started import Started, started_early
from rmwlint.windows.memory.unlike import Unlike, unlike_others
from rmwlint.windows.names import is_maker, makes_it
from rmwlint.windows.objects.converted import converted
from rmwlint.windows.objects.differences import gathers_difference, leaves_out
from rmwlint.windows.objects.hints import hints_of_write
from rmwlint.windows.objects.moved_on import moved_on
from rmwlint.windows.objects.related import no_container
from rmwlint.windows.objects.rivals import mostly_new, no_other_columns, rivals
from rmwlint.windows.objects.stale_rows import StaleRow, stale_rows
from rmwlint.windows.objects.stores import KeyLock, StoreWindow, key_locks, store_windows
from rmwlint.windows.objects.tested_above import TestedAbove, tested_above
from rmwlint.windows.objects.unsaved import (
    filled_in,
    given_new,
    made_by_its_object,
    made_on_every_way,
    of_new_owner,
    unsaved,
)
from rmwlint.windows.objects.untaken import under_untaken_lock
from rmwlint.windows.text import text
from rmwlint.windows.transactions.early import Early, early
from rmwlint.windows.transactions.hazards import (
    Hazard,
    hazards_in_transaction,
    hazards_of_hook,
    hazards_under,
)
from rmwlint.windows.transactions.hooks import called_in_autocommit, hook
from rmwlint.windows.transactions.released import Released, released
from rmwlint.windows.transactions.unannounced import Unannounced, unannounced
from rmwlint.windows.transactions.unlocked import Unlocked, unlocked
from rmwlint.windows.transactions.untransacted import untransacted
from rmwlint.windows.values import UNKNOWN, Event, Held, Place, Value

_AUGMENTING = frozenset(
    ["__iadd__", "__isub__", "__imul__", "__itruediv__", "__ifloordiv__", "__ior__", "__iand__"]
)
_NOTICED = frozenset(
    ["write", "swap", "create", "delete", "ensure", "delta", "replace", "backend", "enqueue", "commit"]
)


class Lines(Protocol):
    """Source lines of a file, for columns in characters."""

    def __call__(self, fn: Fn) -> Sequence[str]:
        """The lines of the file that the function stands in."""


class ToldHazard(NamedTuple):
    """A hazard at operation ``op`` while ``held`` is held, with the chain of calls written out and the steps
    that show it."""

    op: int
    held: Held
    label: str
    detail: str
    sure: int
    written: str
    steps: tuple[Step, ...]


class View:
    """One function under the eyes of the checks."""

    def __init__(self, fn: Fn, lines: Lines) -> None:
        self.fn = fn
        self.lines = lines

    @property
    def quiet(self) -> bool:
        """Whether nothing happens in it that a check may ask for."""
        return quiet(self.fn)

    @property
    def result(self) -> Analysis:
        """The interpreter's result."""
        return heard(self.fn)

    @property
    def events(self) -> list[Event]:
        """Its events in source order."""
        return heard(self.fn).events

    @property
    def windows(self) -> tuple[Window, ...]:
        """All windows, closed ones too."""
        return windows(self.fn)

    def found_there(self, window: Window) -> bool | None:
        """Whether the write happens because the read found the thing; None where that cannot be told."""
        if window.branch is None or window.read is None:
            return None
        return found_there(self.fn.facts, window.branch, window.outcome, window.read.op)

    @property
    def creations(self) -> tuple[Creation, ...]:
        """Creations that a look decides, guarded ones too."""
        return creations(self.fn)

    def asks_for_few(self, read: Event, save: Event) -> bool:
        """Whether a row was read without some columns, which a save then leaves alone; where the others are
        named, whether they are all changed before it."""
        query = read.query
        if query is None:
            return False
        changed = {"pk", "id", *self.names(save)}
        return query.partial or (bool(query.named) and changed.issuperset(query.named))

    def thing(self, event: Event) -> str:
        """What an event is about, in a word."""
        return thing(event)

    @property
    def deletions(self) -> tuple[Deletion, ...]:
        """Deletions of rows that what the function looks at decides, guarded ones too."""
        return deletions(self.fn)

    def store_windows(self, kind: str) -> Iterator[StoreWindow]:
        """The windows on stores of one kind that nothing closes, one for each place in the source."""
        told: set[Span] = set()
        for window in store_windows(self.fn):
            span = self.span(window.write.op)
            if window.kind == kind and not window.guard and span not in told:
                told.add(span)
                yield window

    def key_locks(self) -> Iterator[KeyLock]:
        """The locks made of keys that this function takes away."""
        return key_locks(self.fn)

    @property
    def ensured(self) -> tuple[Ensured, ...]:
        """The get-or-creates whose lookup nothing keeps unique."""
        return tuple(ensured(self.fn))

    @property
    def numberings(self) -> tuple[Numbering, ...]:
        """Columns that are given the next number after those that are there, guarded ones too."""
        return tuple(numberings(self.fn))

    @property
    def choices(self) -> tuple[Choice, ...]:
        """Columns that are given a value which no row was found to have, guarded ones too."""
        return tuple(choices(self.fn))

    def scratch(self, place: Place) -> bool:
        """Whether the names in a path suggest a place made for this run alone, or one of the kernel's."""
        if of_kernel(self.fn, place.symbol):
            return True
        return scratch(self.fn, place.symbol) or "files.Temporary" in self._suggested(place.text)

    def of_one(self, event: Event) -> bool:
        """Whether the path of an event is that of one object, which one actor at a time works on."""
        return of_one(self.fn, event)

    def same_text(self, event: Event) -> bool:
        """Whether an event writes a text that stands in the code."""
        return same_text(self.fn, event)

    def asks_for_change(self, window: Window) -> bool:
        """Whether the test of a window asks if the attribute has already the very value that is stored."""
        return asks_for_change(self.fn, window)

    def of_process(self, event: Event) -> bool:
        """Whether the number of a process is in the path of an event."""
        return of_process(self.fn, event)

    def puts_own_in_place(self, event: Event) -> bool:
        """Whether an event puts a temporary file of the call's own in place, in one step."""
        return puts_own_in_place(self.fn, event)

    def meant_for_many(self, event: Event) -> bool:
        """Whether an event makes a folder that is there for several at a time."""
        return meant_for_many(self.fn, event)

    def nobody_comes(self, event: Event) -> bool:
        """Whether nothing says that others come to the path of an event at the same time."""
        return nobody_comes(self.fn, event)

    def acts_alone(self, window: Window) -> bool:
        """Whether mostly one actor at a time comes to the look and the act of a window on a path."""
        return acts_alone(self.fn, window)

    @property
    def others_come(self) -> bool:
        """Whether something around a method says that others do the same at the same time: a decorator (of a
        task, of a route), threads, processes or locks of its module, or a name for what many have. A function
        that is no method may be anybody's."""
        module = self.fn.module
        return (
            method_around(self.fn).owner is None
            or bool(self.fn.facts.decorators)
            or others_lock(self.fn)
            or common_by_name(self.fn)
            or imports_concurrency(module, False)
            or any(
                "files.Claim" in self._suggested(snake(name)) for name in self.fn.facts.qualname.split(".")
            )
        )

    def handed_on(self, event: Event) -> bool:
        """Whether an event is a write into an open file by a function that no library model explains."""
        call = link(self.fn).calls.get(event.op)
        return not event.trail and (call is None or not call.rows)

    def named_by_few(self, event: Event) -> bool:
        """Whether few can name the path of an event, as far as it is known what it begins in."""
        place = event.place
        if place is None or self.of_cache(place) or self.of_claim(place) or common_by_name(self.fn):
            return False
        return named_by_few(self.fn, event) and not others_lock(self.fn)

    def of_this_host(self, create: Event) -> bool:
        """Whether a keyword of a creation, or a key of a dict that it is given, says by its name which host
        the thing belongs to."""
        ops = self.fn.facts.ops
        op = ops[create.op]
        if op[0] != "call":
            return False
        names = [keyword for keyword, _ in op[3]]
        for given in (ops[register] for register in op[2]):
            keys = [ops[key] for key, _ in given[1] if key is not None] if given[0] == "dict" else []
            names += [str(key[1]) for key in keys if key[0] == "const"]
        return any("naming.Host" in self._suggested(name) for name in names)

    def locked_by_chance(self, window: Window) -> bool:
        """Whether a callee looks and acts, and others call that without any lock: the one held here is there
        for something else."""
        read, write = window.read, window.write
        if read is None or not (read.trail and write.trail) or read.trail[-1][0] is not write.trail[-1][0]:
            return False
        return called_bare(write.trail[-1][0])

    def of_asker(self, place: Place) -> bool:
        """Whether a path is one that the function is given, as it is or with an ending that is written there,
        and its name suggests that whoever asks wants something put there."""
        symbol = place.symbol
        while isinstance(symbol, tuple) and symbol[:1] == ("binop",):
            parts = [part for part in symbol[2:] if not isinstance(part, tuple) or part[:1] != ("const",)]
            symbol = parts[0] if len(parts) == 1 else None
        if not isinstance(symbol, tuple) or symbol[:1] != ("param",):
            return False
        return "files.Destination" in self._suggested(self.fn.facts.params[symbol[1]].name)

    def of_cache(self, place: Place) -> bool:
        """Whether a name in a path, or around the function, suggests a place where others look."""
        around = (*self.fn.facts.qualname.split("."), place.text)
        return common(self.fn, place.symbol) or any(COMMON in self._suggested(snake(name)) for name in around)

    def of_claim(self, place: Place) -> bool:
        """Whether a name in a path, or around the function, suggests a file that claims something by being
        there, and nothing tells this process's own from others'."""
        around = (*self.fn.facts.qualname.split("."), place.text)
        if not any("files.Claim" in self._suggested(snake(name)) for name in around):
            return False
        return not any("files.OwnMark" in self._suggested(name) for name in self.fn.facts.names)

    def of_many(self, window: Window) -> bool:
        """Whether a file has entries for several objects, and its path is not that of the one at hand."""
        return of_many(self.fn, window)

    def opens_what_is_there(self, event: Event) -> bool:
        """Whether a call makes a file by flags that say to open one that is there, and not to empty it."""
        return opens_what_is_there(self.fn, event)

    def of_one_key(self, event: Event) -> bool:
        """Whether the path of an event is that of one object, or of one key that the function is given."""
        return of_one_key(self.fn, event)

    def lock_taken_before(self, event: Event) -> bool:
        """Whether some way to an event takes a lock and keeps it."""
        return lock_taken_before(self.fn, event.op)

    def further_lock_entered(self, event: Event) -> bool:
        """Whether an event stands in a context of the program's own that some way takes a lock for which
        reaches beyond the process."""
        return entered_far_lock(self.fn, event.op)

    @property
    def lock_kept_by_object(self) -> bool:
        """Whether the object of a method holds a lock of many processes from one method to another."""
        return lock_kept_by_object(self.fn)

    @property
    def may_overwrite(self) -> bool:
        """Whether a variable's name suggests that whoever asks says if what is there may be overwritten."""
        facts = self.fn.facts
        names = (*(parameter.name for parameter in facts.params), *sorted(facts.locals))
        return any("files.Overwrite" in self._suggested(name) for name in names)

    @property
    def unlike_others(self) -> tuple[Unlike, ...]:
        """Calls made without the lock that the other callers of the same function hold."""
        return tuple(unlike_others(self.fn))

    @property
    def augments(self) -> bool:
        """Whether it is what ``+=`` and the like call."""
        return self.fn.facts.name in _AUGMENTING

    @property
    def locked_wherever_called(self) -> bool:
        """Whether every call that is known, in other modules too, is made under a lock."""
        return locked_wherever_called(self.fn)

    @property
    def kept_out_wherever_called(self) -> bool:
        """Whether every known call is made under a lock, or by the constructor of the method's object."""
        return kept_out_wherever_called(self.fn)

    @property
    def one_shot(self) -> bool:
        """Whether the module's name suggests a program that is run once, by hand."""
        return run_by_hand(self.fn.module)

    @property
    def by_hand(self) -> bool:
        """Whether this is part of a program that is run once, by hand, or called by such alone."""
        return by_hand(self.fn)

    @property
    def ends(self) -> bool:
        """Whether the function's name says that it ends the use of an object."""
        return ends(self.fn)

    @property
    def in_copy(self) -> bool:
        """Whether the function is in a library that the project has copied into a folder of its own."""
        return copied_in(self.fn.module)

    @property
    def prepares(self) -> bool:
        """Whether the function's name says that it runs before anybody else comes, or its module's that it
        belongs to a program of one thread, and no other module calls it; a class says by itself whether
        threads share its objects."""
        return prepares(self.fn) or (
            self.one_shot and self.fn.owner is None and not called_from_elsewhere(self.fn)
        )

    @property
    def one_at_a_time(self) -> bool:
        """Whether a decorator's name says that no two calls of the function run together."""
        return one_at_a_time(self.fn)

    @property
    def prepared(self) -> bool:
        """Whether all known callers prepare what others come to later, or enter something that lasts."""
        return prepared(self.fn)

    @property
    def starts(self) -> bool:
        """Whether the function's name says that it starts a service, or configures it anew."""
        return starts(self.fn)

    def _suggested(self, name: str) -> tuple[str, ...]:
        return self.fn.module.program.libraries.receiver(name.rpartition(".")[2])

    def refuses(self, window: Window) -> bool:
        """Whether the other way at the branch that decides only raises."""
        return refuses(self.fn, window)

    def told_apart(self, window: Window) -> bool:
        """Whether the look only tells sorts apart: the same is done to the place, whichever way it goes."""
        write = window.write
        other = (window.branch, not window.outcome)
        return any(
            event.does == write.does
            and event.place is not None
            and write.place is not None
            and event.place.symbol == write.place.symbol
            and any((branch, outcome) == other for _, branch, outcome in event.control)
            for event in self.events
        )

    @property
    def open_windows(self) -> tuple[Window, ...]:
        """The windows that nothing closes, each once."""
        return open_windows(self.fn)

    def looked_at(self, event: Event) -> bool:
        """Whether what the call of an event gives is used."""
        return looked_at(self.fn, event.op)

    def dropped(self, event: Event) -> bool:
        """Whether a function that is called only returns what an update says, and no known caller of it
        looks at that."""
        return dropped_by_callers(self.fn, event)

    def goes_on(self, event: Event) -> bool:
        """Whether something that others notice may follow an event: a write, a message, a backend call."""
        return any(
            other.does in _NOTICED and reaches(self.fn, event.op, other.op)
            for other in self.events
            if other.op > event.op
        )

    def identifies(self, event: Event, column: str) -> bool:
        """Whether a column is one of those that identify the row that an event goes to."""
        return column in row_keys(self.fn, event)

    def by_list(self, event: Event, column: str) -> bool:
        """Whether the function asks for several rows by a list of what that column may be (``id__in=``)."""
        calls = [op for op in self.fn.facts.ops[: event.op + 1] if op[0] == "call"]
        keywords = {keyword for op in calls for keyword, _ in op[3]}
        return f"{column}__in" in keywords and column not in keywords

    def keeps_fractions(self, event: Event) -> bool:
        """Whether the library of a write keeps fractions of seconds in its timestamps."""
        return keeps_fractions(self.fn, event)

    def just_saved(self, event: Event) -> bool:
        """Whether the row that is written came with a signal that it has just been saved."""
        return just_saved(self.fn, event)

    @property
    def runs_alone(self) -> bool:
        """Whether this runs by hand, rarely two at a time."""
        return runs_alone(self.fn) or connected_alone(self.fn)

    @property
    def preconditioned(self) -> bool:
        """Whether a client is asked which version it changes, and refused where that is an old one."""
        return preconditioned(self.fn)

    @property
    def makes(self) -> bool:
        """Whether the name of the function or its class says that rows are made there, not changed."""
        return is_maker(self.fn.facts.qualname)

    def still_makes(self, window: Window) -> bool:
        """Whether a window is about a row that the function was given to complete it, by both their names:
        nobody else knows the row yet."""
        place = window.write.place
        if window.read is not None or place is None:
            return False
        return makes_it(self.fn.facts.name, place.text)

    def done_again(self, window: Window) -> bool:
        """Whether a message goes out where a window's test lets one through: two that pass send two."""
        return done_again(self.fn, window.branch, window.outcome, window.write.op)

    def made_to_save(self, write: Event) -> bool:
        """Whether the attributes that are written are those of an object that was made for that."""
        return made_to_save(self.fn, write)

    def replaced_by_callers(self, write: Event) -> bool:
        """Whether all who are known to have an object written have set every attribute that is written."""
        return replaced_by_callers(self.fn, write)

    def isolated(self, write: Event) -> bool:
        """Whether the database refuses to write a row that has changed since the transaction read it."""
        return isolated(self.fn, write)

    def only_converts(self, window: Window) -> bool:
        """Whether the row is only converted for whoever asked for it."""
        return converted(self.fn, window.write)

    def where_it_failed(self, event: Event) -> bool:
        """Whether an event happens only where something has gone wrong."""
        return failing(self.fn, event)

    def deleted_next(self, write: Event) -> bool:
        """Whether the row that was written is deleted where the function goes on: nothing is put back."""
        return any(
            event.does == "delete"
            and event.op > write.op
            and event.place is not None
            and write.place is not None
            and same_place(event.place, write.place)
            and event.control <= write.control
            for event in self.events
        )

    def saves_of_stale_rows(self) -> Iterator[Event]:
        """Writes to a row read before, here or by whoever passed it in, that no guard protects."""
        for event in self.events:
            if event.does != "write" or event.place is None or event.place.kind != "row" or event.fresh:
                continue
            guard = guard_of(self.fn, self.read_of(event), event)
            # Whoever writes the other columns need not know of a lock that this save is made under.
            own = guard == "lock" and all(held.reach != "row" for held in event.held)
            if (not guard or own) and not save_told_below(event) and not of_first_save(self.fn, event):
                yield event

    def given_back(self, write: Event) -> bool:
        """Whether a row is written that an earlier write of the kind gave back: a session that has merged a
        row watches what it gives, and writes only what changes."""
        symbol = None if write.place is None else write.place.symbol
        if not isinstance(symbol, tuple) or symbol[:1] != ("outcome",):
            return False
        return any(other.op == symbol[1] and other.row is write.row for other in self.events)

    def names(self, write: Event) -> tuple[str, ...]:
        """The columns that a write is seen to set: not those of a dict that only the caller knows."""
        return tuple(name for name, _ in write.columns if name != "**")

    def no_other_columns(self, write: Event) -> bool:
        """Whether a whole save changes all that the row has: there is nothing to put back."""
        return no_other_columns(self.fn, write)

    def mostly_new(self, write: Event) -> bool:
        """Whether the row has just been made where it is saved, below, or by most of those who have an object
        save itself; or what is set is set in new rows alone."""
        return (
            of_created_row(self.fn, write)
            or only_new_change(self.fn, write)
            or given_new(self.fn, write)
            or made_on_every_way(self.fn, write)
            or of_new_owner(self.fn, write, self.read_of(write))
            or mostly_new(self.fn, write)
            or handed_new(self.fn, write)
            or copied(self.fn, write)
        )

    def unsaved(self, write: Event) -> bool:
        """Whether the row that is saved is one that a form has filled in and not saved, around no row that is
        seen, or one that the object's own methods make: as often as not it is new."""
        return unsaved(self.fn, write) or made_by_its_object(self.fn, write) or filled_in(self.fn, write)

    def filled_in(self, write: Event) -> bool:
        """Whether the row that is written came in as a form has filled it in, for this method to save: it
        is tested for what was sent."""
        return filled_in(self.fn, write)

    def handed_out(self, window: Window) -> bool:
        """Whether the row of a window is the first that was found, and the caller is given it."""
        return window.read is not None and handed_out(self.fn, window.read)

    def marks_gone(self, write: Event) -> bool:
        """Whether rows of any class are saved, and all columns that change say, by their names, that the row
        is taken for deleted from now on."""
        known = write.type is not None and write.type.kind == "instance"
        return not known and all("naming.Gone" in self._suggested(name) for name, _ in write.columns)

    def of_this_request(self, read: Event) -> bool:
        """Whether the row that is read is found by the identity of the request that is being handled, as the
        column's name says: other requests find others."""
        conditions = () if read.query is None else read.query.conditions
        return any("naming.Request" in self._suggested(column) for column, _, _ in conditions)

    def has_rivals(self, write: Event) -> bool:
        """Whether other columns than those that a whole save changes may be written by somebody, once the
        row is there."""
        found = rivals(self.fn, write)
        if found and write.type is not None:
            cls = write.type.ref
            # a row that ties others together stays between these
            ties = [group for group in uniques(cls) if len(group) > 1 and group <= references(cls)]
            found = found.difference(*ties)
        return found is None or bool(found)

    def hazards_in_transaction(self, kind: str) -> Iterator[ToldHazard]:
        """Hazards of one kind while this function holds a transaction open, with the steps that tell them."""
        for hazard in hazards_in_transaction(self.fn, kind):
            yield self._told(hazard, self.held_step(hazard.held))

    def hazards_under(self, kind: str, of: Callable[[tuple[Held, ...]], Held | None]) -> Iterator[ToldHazard]:
        """Hazards of one kind while this function holds what ``of`` picks of all that it holds."""
        for hazard in hazards_under(self.fn, kind, of):
            yield self._told(hazard, self.held_step(hazard.held))

    def hazards_of_hook(self, kind: str) -> Iterator[ToldHazard]:
        """Hazards of one kind in a function that its caller runs inside the caller's transaction."""
        held = hook(self.fn)
        if held is not None:
            for hazard in hazards_of_hook(self.fn, kind, held):
                yield self._told(hazard, self.held_step(held))

    @property
    def called_in_autocommit(self) -> bool:
        """Whether the function is a hook of saves that nobody is seen to make in a transaction."""
        return called_in_autocommit(self.fn)

    def _told(self, hazard: Hazard, held: Iterator[Step]) -> ToldHazard:
        names = [fn.facts.name for fn, _ in hazard.below]
        written = f"`{' → '.join([*names, hazard.label])}`"
        steps = list(held)
        steps.append(self.step("hazard", hazard.op, "called here" if names else "here"))
        for fn, effect in hazard.below:
            what = f"`{effect.label}`" if effect.via is None else f"by way of `{effect.via.facts.name}`"
            steps.append(self.step("hazard", effect.op, what, fn))
        return ToldHazard(
            hazard.op, hazard.held, hazard.label, hazard.detail, hazard.sure, written, tuple(steps)
        )

    @property
    def shared_windows(self) -> tuple[SharedWindow, ...]:
        """Windows on memory shared by threads or tasks that no lock closes."""
        return shared_windows(self.fn)

    @property
    def refills(self) -> tuple[Refill, ...]:
        """Shared containers that are emptied and filled again while others may read them."""
        return tuple(refills(self.fn))

    @property
    def restored(self) -> tuple[Restored, ...]:
        """States that the function, or it and the other half of its class, set for a while and put back."""
        return tuple(restored(self.fn))

    @property
    def of_one_call(self) -> tuple[OfOneCall, ...]:
        """What the function keeps for one call where all calls share it."""
        return tuple(of_one_call(self.fn))

    @property
    def registered_late(self) -> tuple[RegisteredLate, ...]:
        """Entries made after a look at a flag, which whoever sets the flag can miss."""
        return tuple(registered_late(self.fn))

    @property
    def drains(self) -> tuple[Drain, ...]:
        """Shared containers that are worked through with an await in between, and then emptied."""
        return tuple(drains(self.fn))

    @property
    def drains_of_threads(self) -> tuple[Drain, ...]:
        """Shared containers of threads that are worked through while somebody else is waited for, and then
        emptied."""
        return tuple(drains_of_threads(self.fn))

    @property
    def listed(self) -> tuple[Listed, ...]:
        """See ``listed``."""
        return tuple(listed(self.fn))

    @property
    def found(self) -> tuple[Found, ...]:
        """See ``found_used``."""
        return tuple(found_used(self.fn))

    @property
    def half_made(self) -> tuple[HalfMade, ...]:
        """Folders that are taken for complete where they are there, and are filled in place."""
        return tuple(half_made(self.fn))

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Files that are filled chunk by chunk under a name that others know."""
        return tuple(streams(self.fn))

    @property
    def named_looks(self) -> tuple[NamedLook, ...]:
        """Creations that a look decides, both known by their names alone."""
        return tuple(named_looks(self.fn))

    @property
    def stale_rows(self) -> tuple[StaleRow, ...]:
        """Rows that came in and are written under a lock without being read again."""
        return tuple(stale_rows(self.fn))

    @property
    def tested_above(self) -> tuple[TestedAbove, ...]:
        """Writes by the key alone whose callers have tested what is written."""
        return tuple(tested_above(self.fn))

    @property
    def setups(self) -> tuple[Setup, ...]:
        """Objects that are set up because a flag of theirs says that nobody has done so."""
        return tuple(setups(self.fn))

    @property
    def started_early(self) -> tuple[Started, ...]:
        """Threads that are started before what they use is stored."""
        return tuple(started_early(self.fn))

    @property
    def walks(self) -> tuple[Walk, ...]:
        """Loops over shared containers whose size others may change meanwhile."""
        return tuple(walks(self.fn))

    @property
    def several_processes(self) -> bool:
        """Whether the module starts processes, or takes locks that reach beyond its own."""
        return several_processes(self.fn.module)

    def remembers_failure(self, window: Window) -> bool:
        """Whether the write of a window stands in an exception handler that the look does not stand in: what
        has failed for one fails for the other too, and both note the same."""
        ops, write, read = self.fn.facts.ops, window.write, window.read
        return any(
            op[0] == "caught"
            and at < write.op
            and in_handler(self.fn, at, write.op)
            and not (read is not None and in_handler(self.fn, at, read.op))
            for at, op in enumerate(ops)
        )

    def switch_between(self, first: int, last: int) -> int | None:
        """An ``await`` on a way from one operation to another, None where there is none."""
        for event in self.events:
            if event.does == "switch" and first < event.op < last and passes(self.fn, first, event.op, last):
                return event.op
        return None

    def waits_between(self, first: int, last: int) -> bool:
        """Whether what is awaited on a way from one operation to another may let others run: not where it is
        known to run through."""
        return any(
            first < switch < last and passes(self.fn, first, switch, last) for switch in switches_of(self.fn)
        )

    def by_id(self, window: Window) -> bool:
        """Whether an entry is taken out of a table by its key, not what is in a list or set by itself."""
        ops = self.fn.facts.ops
        op = ops[window.write.op]
        if op[0] == "call" and ops[op[1]][0] == "attr" and ops[op[1]][2] == "pop":
            return len(op[2]) == 1 and ops[op[2][0]][0] == "attr"
        return bool(op[0] == "delitem")

    def of_one_task(self, shared: SharedWindow) -> bool:
        """Whether one task alone comes to the place of a window, as far as the project shows who does."""
        return shared.of_one_task(self.fn)

    def operator_at(self, op: int | None) -> str:
        """The arithmetic operator of the value that an operation stores; empty where there is none."""
        ops = self.fn.facts.ops
        if op is None or ops[op][0] not in ("setattr", "setitem"):
            return ""
        value = ops[ops[op][3]]
        return str(value[1]) if value[0] in ("binop", "inplace") else ""

    def unlocked(self) -> Iterator[Unlocked]:
        """The row locks that this function asks for and that no statement takes."""
        return unlocked(self.fn)

    def under_untaken_lock(self) -> Iterator[tuple[Event, Unlocked]]:
        """Writes in the transaction of a query that asks for row locks and is never run."""
        return under_untaken_lock(self.fn)

    def released(self) -> Iterator[Released]:
        """The windows on rows whose transaction ends between the read and the write."""
        return released(self.fn)

    def unannounced(self) -> Iterator[tuple[Unannounced, ToldHazard]]:
        """The backend calls after the commit of a row that says nothing of them."""
        for found in unannounced(self.fn):
            yield found, self._told(found.hazard, iter(()))

    def early(self) -> Iterator[Early]:
        """The locks around windows on rows that are given back before the transaction ends."""
        return early(self.fn)

    def untransacted(self) -> Iterator[tuple[Event, int]]:
        """The locked reads that happen while no transaction is open, each with how sure that is."""
        return untransacted(self.fn)

    def skipped_guards(self) -> Iterator[Skipped]:
        """The guards that this method offers and that a path to its normal end skips."""
        return skipped_guards(self.fn)

    def relying(self, guards: Iterable[str]) -> Iterator[tuple[Fn, int]]:
        """The calls in the project that pass guards to this method and take its return for the answer."""
        return relying(self.fn, frozenset(guards))

    def spent_guards(self) -> Iterator[Spent]:
        """The guards that this function takes out of a dict which a later try is given again."""
        return spent_guards(self.fn)

    def puts_what_it_compares(self, window: Window) -> bool:
        """Whether a window only asks if a place differs from what it puts there."""
        read, write = window.read, window.write
        if read is None or window.branch is None or write.trail:
            return False
        return puts_what_it_compares(self.fn, window.branch, window.outcome, read.op, write.op)

    def takes_own_lock(self, event: Event) -> bool:
        """Whether a lock event takes a lock that this call made and showed to nobody."""
        symbol = event.place.symbol if event.place is not None else None
        if not (isinstance(symbol, tuple) and symbol[:1] == ("new",)):
            return False
        made: int = symbol[1]
        ops = self.fn.facts.ops
        call = self.result.fn.link.calls.get(made) if self.result.fn.link is not None else None
        if call is None or not any(
            row.does == "lock" and "create" in row.form and not row.key for row in call.rows
        ):
            return False  # one by a name that it is given is the same for all who give that name
        names = {op[1] for op in ops if op[0] == "store" and op[2] == made}
        entered = {op[1] for op in ops if op[0] == "enter"}
        for number, op in enumerate(ops):
            if op[0] == "name" and op[1] in names and number not in entered:
                used_as_receiver = any(other[0] == "attr" and other[1] == number for other in ops)
                if not used_as_receiver:
                    return False
        if any(op[0] in ("setattr", "setitem", "return", "yield") and made in op[1:] for op in ops):
            return False
        module = self.fn.module
        for index, other in enumerate(module.facts.functions):
            if index != self.fn.index and other.parent == self.fn.index:
                if any(op[0] == "name" and op[1] in names for op in other.ops):
                    return False
        return True

    def read_of(self, write: Event) -> Event | None:
        """The last read of the row before the write; None for a row that came in as a parameter."""
        found = None
        for event in self.events:
            if event.op >= write.op:
                break
            if event.does == "read" and event.place is not None and write.place is not None:
                if same_place(event.place, write.place):
                    found = event
        return found

    def hints(self, write: Event) -> tuple[tuple[str, str], ...]:
        """What a rewrite must know of a write to a row."""
        return hints_of_write(write)

    def is_key(self, event: Event, name: str) -> bool:
        """Whether a column identifies the row that an event writes."""
        kind = event.type
        if kind is not None and kind.kind == "instance":
            keys: frozenset[str] = kind.ref.keys()
            return name in keys
        if kind is not None and kind.kind == "library":
            libraries = self.fn.module.program.libraries
            return any(name in libraries.types[base].keys for base in libraries.lineage(kind.name))
        return name == "pk"

    def constant(self, value: Value) -> Any:
        """The constant (or tuple of constants) that a value is known to be, else UNKNOWN."""
        return constant_of(self.fn, value)

    def moved_on(self, window: Window) -> bool:
        """Whether a window is on a number that all who pass the function's test change alike, and the write
        makes that test refuse whoever comes next."""
        return moved_on(self.fn, window)

    def gathers_difference(self, window: Window) -> bool:
        """Whether the object that is saved gathers, of the container, only the entries that differ."""
        kinds = (window.write.type, window.read.type if window.read is not None else None)
        return any(gathers_difference(kind, window.attribute) for kind in kinds)

    def no_container(self, window: Window) -> bool:
        """Whether the class of the row declares what is changed to be related rows, or it does
        more than a container can."""
        return no_container(self.fn, window)

    def leaves_out(self, window: Window) -> bool:
        """Whether the object that is saved does not write the column at all."""
        write = window.write
        kinds = (write.type, write.call.rtype if write.call is not None else None)
        return any(leaves_out(kind, window.attribute) for kind in kinds)

    def left_open(self, value: Value) -> bool:
        """Whether a value is an optional argument of this function: None for callers that leave it out."""
        symbol = value.symbol
        if not isinstance(symbol, tuple) or symbol[:1] != ("param",):
            return False
        return self.fn.facts.params[symbol[1]].default == ("const", None)

    def columns_apart(self, event: Event) -> bool:
        """Whether a call names columns by a keyword, in a list that stands in the code."""
        op = self.fn.facts.ops[event.op]
        if op[0] != "call":
            return False
        for keyword, register in op[3]:
            written = self.fn.facts.ops[register]
            named = written[1] if written[0] == "name" and written[1] not in self.fn.facts.locals else None
            symbol = ("global", f"{self.fn.module.name}.{named}") if named else None
            found = self.constant(Value(symbol)) if keyword and symbol else UNKNOWN
            if isinstance(found, tuple) and found and all(isinstance(name, str) for name in found):
                return True
        return False

    def text(self, register: int | None) -> str:
        """The expression of a register as a reader would write it."""
        return text(self.fn.facts, register)

    def span(self, op: int, fn: Fn | None = None) -> Span:
        """The source of an operation, of this function or of another."""
        fn = fn or self.fn
        line, column, end_line, end_column = fn.facts.spans[op]
        source = self.lines(fn)
        return Span(
            line, _characters(source, line, column), end_line, _characters(source, end_line, end_column)
        )

    def step(self, role: str, op: int, message: str, fn: Fn | None = None) -> Step:
        """A numbered place of the story."""
        return Step(role, (fn or self.fn).module.facts.path, self.span(op, fn), message)

    def held_step(self, held: Held) -> Iterator[Step]:
        """Where a lock or transaction was taken, if in this function."""
        role = "lock" if held.kind == "lock" else "guard"
        what = "the lock" if held.kind == "lock" else "the transaction"
        if 0 <= held.id < len(self.fn.facts.ops):
            yield self.step(role, held.id, f"{what} `{held.text}` is taken here")
        elif FIRST_OF_CLASS < held.id <= FIRST and self.fn.parent is not None:
            register = self.fn.facts.decorators[FIRST - held.id]
            yield self.step(role, register, f"{what} of `{held.text}` is held throughout", self.fn.parent)

    def trail(self, event: Event, message: str, role: str) -> Iterator[Step]:
        """The steps into callees, for an event that happens further down."""
        for number, (fn, op) in enumerate(event.trail):
            last = number == len(event.trail) - 1
            yield self.step(role, op, message if last else f"by way of `{fn.facts.name}`", fn)

    def violation(
        self,
        check: Named,
        op: int,
        message: str,
        *,
        place: str,
        sure: int,
        steps: Sequence[Step] = (),
        interleaving: Sequence[tuple[str, str]] = (),
        remedy: str = "",
        hints: Sequence[tuple[str, str]] = (),
    ) -> Violation:
        """A violation whose primary location is an operation of this function."""
        qualname = self.fn.facts.qualname
        if sure > 1 and unused(self.fn):
            sure = 1
        return Violation(
            check.code,
            check.name,
            message,
            self.fn.module.facts.path,
            self.span(op),
            "" if self.fn.index == 0 else qualname,
            Confidence(max(1, min(3, sure))),
            place,
            tuple(steps),
            tuple(interleaving),
            remedy,
            hints=tuple(hints),
        )


class Named(Protocol):
    """What a violation must know of its check."""

    @property
    def code(self) -> str:
        """``RMW104``."""

    @property
    def name(self) -> str:
        """``lost-arithmetic``."""


def _characters(lines: Sequence[str], line: int, column: int) -> int:
    """A column in characters from 1, of one in UTF-8 bytes from 0."""
    if line > len(lines):
        return column + 1
    source = lines[line - 1]
    if source.isascii():
        return column + 1
    return len(source.encode()[:column].decode(errors="replace")) + 1
