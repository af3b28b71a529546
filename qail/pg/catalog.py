"""Catalog: what one database has told us, kept by a pool for all its connections.

Rule 1: a BoundPlan is found by its plan and the namespace it was described in. A lease in which
something ran that may change search_path, role or temporary tables has a namespace of its own until it was reset;
everything else shares the default one.
Rule 2: nothing is locked: a plan bound twice at once is bound to the same thing, and the later one stays.
Rule 3: bounded. Plans come and go with the process-wide cache of plans; the oldest binding is forgotten first.

Source: design, "The way of a query", rule 3
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from qail.compile.frames import BoundPlan
from qail.compile.plan import Plan
from qail.errors import UsageError
from qail.pg.codec.registry import CodecRegistry

# As many as the process-wide cache of plans keeps by default; a BoundPlan is some 2 kB.
MAX_BOUND_PLANS: Final = 4096


class Namespace:
    """The BoundPlans of one way to resolve names. `find` is on the hot path: it is `dict.get`."""

    __slots__ = ("_bound", "find", "is_own")

    def __init__(self, shared: Namespace | None = None) -> None:
        """`shared`: look up and keep there, until `leave`."""
        self._bound: dict[Plan, BoundPlan] = shared._bound if shared is not None else {}
        self.find: Callable[[Plan], BoundPlan | None] = self._bound.get
        self.is_own = False
        """Whether names may mean something else here than in the default namespace."""

    def leave(self) -> list[bytes]:
        """Names may mean something else from now on: share nothing, know nothing.

        Returns the names of the statements that were parsed for what it knew alone; none when it was sharing.
        """
        names = [bound.statement_name for bound in self._bound.values()] if self.is_own else []
        self._bound = {}
        self.find = self._bound.get
        self.is_own = True
        return names

    def keep(self, plan: Plan, bound: BoundPlan, *, is_wanted: bool = False) -> None:
        """Use `bound` for `plan` from now on. A plan that carries literals serves once, and is kept only if wanted."""
        if not (plan.is_kept or is_wanted):
            return
        if plan not in self._bound and len(self._bound) >= MAX_BOUND_PLANS:
            del self._bound[next(iter(self._bound))]
        self._bound[plan] = bound

    def named(self, statement_name: bytes) -> list[BoundPlan]:
        """The bindings whose statement has this name; there may be several of equal SQL."""
        return [bound for bound in self._bound.values() if bound.statement_name == statement_name]

    def forget_all(self) -> None:
        """Types have changed: everything is described anew, here and wherever this is shared."""
        self._bound.clear()

    def drop(self, plan: Plan) -> None:
        """Forget what was known of `plan`: the database describes it differently now."""
        self._bound.pop(plan, None)

    def __len__(self) -> int:
        return len(self._bound)


class Catalog:
    """One database's descriptions: its codecs and its namespaces."""

    __slots__ = ("default", "is_named", "is_pooled", "registry")

    def __init__(
        self, registry: CodecRegistry | None = None, *, is_pooled: bool = False, is_named: bool = True
    ) -> None:
        """`is_pooled`: a pooler stands between, and each transaction may have another session. Not `is_named`: the
        server keeps no prepared statements for us; it never does behind a pooler.
        """
        self.registry: Final = registry if registry is not None else CodecRegistry()
        self.is_pooled: Final = is_pooled
        self.is_named: Final = is_named and not is_pooled
        self.default: Final = Namespace()

    def need_session(self, what: str) -> None:
        """Raises UsageError in pooler mode, where nothing may be left in a session."""
        if self.is_pooled:
            raise UsageError(
                f"{what} needs a session of its own, and in pooler mode there is none: connect to the server itself"
            )

    def register_type(self, name: object, how: object) -> None:
        """Use a TypeCodec or a class for types of this name. Raises UsageError."""
        self.registry.register_type(name, how)
        self.default.forget_all()

    def types_altered(self) -> None:
        """A statement of our own has altered types: what is known of composite ones may hold no more."""
        self.registry.forget_composites()
        self.default.forget_all()

    def lend(self) -> Namespace:
        """The namespace of one borrower: the default one, until something runs that may change what names mean."""
        return Namespace(self.default)
