"""The gallery is current: its pictures were made from the payloads that the program sends. `./dev gallery` draws them anew."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
MAX_BYTES = 2_800_000  # ours: everybody who clones the repository pays for it


@pytest.fixture(scope="module")
def gallery() -> ModuleType:
    spec = importlib.util.spec_from_file_location("draw", ROOT / "gallery" / "draw.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pictures_are_of_what_is_sent(gallery: ModuleType):
    told = json.loads((gallery.FOLDER / "hashes.json").read_text(encoding="utf-8"))
    sent = gallery.hashes(gallery.messages())
    stale = sorted(key for key in told.keys() | sent.keys() if told.get(key) != sent.get(key))
    assert stale == [], "draw the gallery anew: ./dev gallery"


def test_the_page_has_every_picture_and_no_other(gallery: ModuleType):
    assert gallery.PAGE.read_text(encoding="utf-8") == gallery.page_text(), "draw the gallery anew: ./dev gallery"
    keys = [f"{channel}-{word}" for channel in gallery.CHANNELS for word in gallery.RULES]
    keys += [key.replace("/", "-") for key in gallery.recipes()]
    names = {f"{name}{end}" for name in (*keys, "head") for end in (".webp", "-dark.webp")}
    assert {path.name for path in gallery.FOLDER.iterdir()} == {*names, "hashes.json"}


def test_the_pictures_are_small(gallery: ModuleType):
    assert sum(path.stat().st_size for path in gallery.FOLDER.iterdir()) <= MAX_BYTES
