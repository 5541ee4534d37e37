"""What a draft touches, and how much of the plan has to be looked at to judge it.

A parent whose own ground, grids and premises are as a generation was proved with needs no
look. Those that are touched are looked at whole, with the areas inside them and, where the
border of an area itself changes, with everything beside it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

Numbers = frozenset[int]


@dataclass(frozen=True, slots=True)
class Tree:
    """The areas of one state, by permanent number.

    Attributes
    ----------
    codes : mapping of int to str
    parents : mapping of int to int or None
    divided : frozenset of int
        Areas that tile grids name.
    """

    codes: Mapping[int, str]
    parents: Mapping[int, int | None]
    divided: Numbers

    def above(self, number: int) -> tuple[int, ...]:
        """The areas above one, upwards."""
        found: list[int] = []
        upper = self.parents.get(number)
        while upper is not None and upper in self.parents and upper not in found:
            found.append(upper)
            upper = self.parents[upper]
        return tuple(found)

    def below(self, numbers: Collection[int]) -> Numbers:
        """All areas below these."""
        wanted = set(numbers)
        return frozenset(one for one in self.parents if not wanted.isdisjoint(self.above(one)))

    def children(self, numbers: Collection[int]) -> Numbers:
        """The areas directly below these."""
        wanted = set(numbers)
        return frozenset(one for one, upper in self.parents.items() if upper in wanted)

    def to_fill(self) -> Numbers:
        """Areas that tile grids must fill: those that they name, and the lowest of those that none divides."""
        with_children = set(self.parents.values())
        return frozenset(
            one
            for one in self.parents
            if one in self.divided or (one not in with_children and self.divided.isdisjoint(self.above(one)))
        )


@dataclass(frozen=True, slots=True)
class Touched:
    """Permanent numbers of the areas that a draft touches, some of which may not live in it.

    Attributes
    ----------
    holding : frozenset of int
        Whose grids, parts or assignments it touches, before or after.
    ground : frozenset of int
        On whose ground its premises lie, before or after, of all levels.
    redrawn : frozenset of int
        Whose own row it touches.
    beside : frozenset of int
        Those that meet a redrawn one, before or after, of all levels.
    uppers : frozenset of int
        Those above a redrawn one, before or after.
    is_topmost : bool
        Whether a redrawn one stands below none, before or after.
    """

    holding: Numbers = frozenset()
    ground: Numbers = frozenset()
    redrawn: Numbers = frozenset()
    beside: Numbers = frozenset()
    uppers: Numbers = frozenset()
    is_topmost: bool = False


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is looked at to judge a draft, by permanent number of areas.

    Attributes
    ----------
    touched : frozenset of int
        Looked at whole, and changed by nobody else meanwhile; retired ones are among them.
    shown : frozenset of int
        Those that live, and all above them.
    is_topmost : bool
        Whether areas that stand below none change.
    """

    touched: Numbers
    shown: Numbers
    is_topmost: bool = False

    def covers(self, other: "Surroundings") -> bool:
        """Whether who holds these holds the other ones too."""
        return (
            other.touched <= self.touched
            and other.shown <= self.touched | self.shown
            and self.is_topmost >= other.is_topmost
        )


def surroundings_of(touched: Touched, *, before: Tree, after: Tree, unproved: Collection[int]) -> Surroundings:
    """How much of the plan has to be looked at.

    Parameters
    ----------
    touched : Touched
    before, after : Tree
        The newest generation, and the draft over it.
    unproved : collection of int
        Areas that were never proved.

    Returns
    -------
    Surroundings
    """
    to_fill = after.to_fill()
    every = touched.holding | touched.redrawn | touched.uppers | after.children(touched.uppers | touched.redrawn)
    # Those above are met as well, but nothing about them changes.
    every |= (touched.ground | touched.beside) & (to_fill | before.to_fill())
    every |= to_fill & frozenset(unproved)
    return widened(Surroundings(every, frozenset(), touched.is_topmost), before=before, after=after)


def widened(known: Surroundings, *, before: Tree, after: Tree, more: Collection[int] = ()) -> Surroundings:
    """The surroundings with more areas, and all that these cannot be judged without.

    An area that grids divide directly is filled together with the areas inside it.
    """
    touched = known.touched | frozenset(more)
    divided, to_fill = before.divided | after.divided, after.to_fill()
    while True:
        inner = after.below(touched & divided) & to_fill
        outer = {upper for one in touched for upper in (*after.above(one), *before.above(one)) if upper in divided}
        wider = touched | inner | outer
        if wider == touched:
            break
        touched = wider
    living = touched & after.parents.keys()
    shown = living | {upper for one in living for upper in after.above(one)}
    return Surroundings(frozenset(touched), frozenset(shown), known.is_topmost)


def partly_shown(shown: Collection[int], tree: Tree) -> frozenset[str]:
    """Codes of shown areas with an area directly below them that is not shown."""
    hidden = {upper for one, upper in tree.parents.items() if upper is not None and one not in shown}
    return frozenset(tree.codes[one] for one in shown if one in hidden)
