"""A new commit changes its digits in the policy's text, and no other byte."""

from __future__ import annotations

import pytest
from base_server import COMMIT, LATER

from tocsin.errors import PolicyError
from tocsin.shared.pins import pinned, repinned

BASE = f"github:acme/policies/base.yml@{COMMIT}"
OTHER = f"gitlab:acme/ci//base.yml@{COMMIT}"
FORMS = {
    "plain": f"# é\nextends: {BASE}   # ours\nnotifications: []\n",
    "quoted": f"extends: '{BASE}'\n",
    "in a list": f'extends:\n  - shared/base.yml\n  - {BASE}\n  - "{BASE}"\n',
    "in a flow": f"{{extends: [{BASE}, ./x.yml], notifications: []}}",
    "lines of Windows": f"extends: {BASE}\r\nnotifications: []\r\n",
    "a byte order mark": f"\ufeffx-é: [é]\nextends: [{BASE}]\n",
    "an anchor": f"x-base: &base {BASE}\nextends: [*base]\n",
}


@pytest.mark.parametrize("form", FORMS)
def test_only_the_digits_change(form: str):
    data = FORMS[form].encode()
    found = pinned(data)
    assert {str(name) for name in found} == {BASE}
    assert repinned(data, found, LATER) == data.replace(COMMIT.encode(), LATER.encode())


def test_only_the_chosen_base_changes():
    data = f"extends: [{BASE}, '{OTHER}']\n".encode()
    first, second = pinned(data)
    assert repinned(data, [second], LATER).decode() == f"extends: [{BASE}, '{OTHER.replace(COMMIT, LATER)}']\n"
    assert first != second


def test_a_commit_that_is_written_in_parts_is_left_to_a_person():
    data = f'extends: "github:acme/policies/base.yml@{COMMIT[:20]}\\\n  {COMMIT[20:]}"\n'.encode()
    with pytest.raises(PolicyError, match="change it by hand"):
        repinned(data, pinned(data), LATER)
