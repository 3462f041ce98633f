"""The cookbook: each recipe is valid without a warning, holds its own tests, and stands on the page once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from inprocess import run

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "examples" / "cookbook"
RECIPES = sorted(path.stem for path in FOLDER.glob("*.yml") if not path.name.endswith(".test.yml"))


def test_every_recipe_stands_on_the_page_once():
    page = (ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8")
    assert sorted(re.findall("<!-- generated: recipe (.+?) -->", page)) == RECIPES
    assert len(RECIPES) >= 20


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_has_no_warning_and_holds_its_tests(name):
    assert run("check", "--strict", f"{name}.yml", folder=FOLDER).code == 0
    answer = run("test", f"{name}.test.yml", "--min-coverage", "100", folder=FOLDER)
    assert answer.code == 0, answer.out + answer.err
