"""Doubt: does a handler really depend on nothing but the state and the event?

The result of an event is remembered and used again, so it must not depend on anything else. Each event is
therefore handled again under circumstances that must make no difference: the names of the nodes are hashed
differently, so that sets of names iterate in another order, and every set and dict is filled backwards. If
symmetry is asked for, it is handled once more by a node with another name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence

from .local import Local, Outcome
from .values import Copy, Name, NotExplorable, key
from .world import Failed, Step, World

SALTS, OFTEN = 4, 100  # the first hundred events of each node are tried under four ways to hash names

Handle = Callable[[Local, Step, Mapping[str, str], bool], list[Outcome]]


class Doubt:
    """Handles the events of one node again.

    Args:
        world: what is explored.
        handle: handles an event under these names, with sets and dicts filled backwards or not.
        alike: other ways to name everyone that must make no difference.
    """

    def __init__(self, world: World, handle: Handle, alike: Sequence[Mapping[str, str]]) -> None:
        self.world, self.handle, self.alike = world, handle, alike
        self._plain = {name: name for name in world.names}
        self._events = 0

    def check(self, local: Local, step: Step, outcomes: list[Outcome]) -> None:
        """Make sure that an event always has these outcomes.

        Raises:
            NotExplorable: if it does not; the message says on what the outcome depends.
        """
        first = frozenset(map(self._summary, outcomes))
        for salt in range(self._events, self._events + (SALTS if self._events < OFTEN else 1)):
            if self._again(local, step, self._salted(salt), backwards=True) != first:
                self._explain(local, step, first)
                break
        if self.alike:
            names = self.alike[self._events % len(self.alike)]
            if self._again(local, step, names, swapped=True) != first:
                raise NotExplorable(
                    f"symmetry=True needs nodes that do not care who is called what, but when {step}, "
                    f"{type(local.node).__name__} does something else if the nodes swap names. Does it "
                    "compare or sort names, or keep them in a tuple or list? If the names matter, explore "
                    "without symmetry"
                )
        self._events += 1

    def _again(
        self,
        local: Local,
        step: Step,
        names: Mapping[str, str],
        backwards: bool = False,
        swapped: bool = False,
    ) -> frozenset[Hashable]:
        try:
            outcomes = self.handle(local, step, names, backwards)
        except Failed as error:
            return frozenset({str(error)})
        back = {new: old for old, new in names.items()} if swapped else None
        return frozenset(self._summary(outcome, back) for outcome in outcomes)

    def _summary(self, outcome: Outcome, back: Mapping[str, str] | None = None) -> Hashable:
        """What must be the same: the local state, what was sent, and what a client did."""
        local, sent, observed = outcome.local, outcome.sent, outcome.observed
        if back is not None:
            local, sent, observed = local.renamed(back), Copy(back)(sent), Copy(back)(observed)
        letters: Hashable = frozenset(Counter(map(key, sent)).items())
        if self.world.network == "fifo":
            letters = frozenset((str(to), tuple(key(m) for peer, m in sent if peer == to)) for to, _ in sent)
        return local.identity, letters, key(observed)

    def _salted(self, salt: int) -> dict[str, str]:
        return {name: Name(name, salt) for name in self.world.names}

    def _explain(self, local: Local, step: Step, first: frozenset[Hashable]) -> None:
        """Find out why another run differed, and raise; names written into the code are no fault."""
        salted = {self._again(local, step, self._salted(salt)) for salt in range(2 * SALTS)}
        if self._again(local, step, self._plain) != first:
            why = (
                "it depends on something that is neither its state nor the event, such as random numbers, a "
                "clock, or an object that several nodes share. Keep everything in attributes of self, and "
                "decide with self.choose(), which tries every option"
            )
        elif self._again(local, step, self._plain, backwards=True) != first:
            why = (
                "it depends on the order in which a set or dict was filled. Iterate over sorted(...); if the "
                "order means something, keep a list or an OrderedDict"
            )
        elif len(salted) > 1:
            why = (
                "it depends on the order of a set of names, or on hash(), which are arbitrary. Iterate over "
                "sorted(...)"
            )
        else:
            return
        kind = type(local.node).__name__
        raise NotExplorable(f"when {step}, {kind} does not always do the same: {why}")
