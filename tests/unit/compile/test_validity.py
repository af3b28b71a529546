"""What the server would refuse whatever the data is refused before anything is sent, with the way out; and no more."""

from __future__ import annotations

import pytest

from qail.compile.cache import lookup
from qail.errors import BuildError
from support.validity_cases import ACCEPTED, REFUSED


@pytest.mark.feature("TY4")
@pytest.mark.feature("TY3")
@pytest.mark.feature("JN3")
@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_the_way_out(name: str) -> None:
    case = REFUSED[name]

    with pytest.raises(BuildError, match=case.told):
        lookup(case.build())


@pytest.mark.feature("TY4")
@pytest.mark.feature("TY3")
@pytest.mark.parametrize("name", ACCEPTED)
def test_what_can_be_is_not_refused(name: str) -> None:
    assert lookup(ACCEPTED[name]()).plan.sql
