"""The gallery: every event on every channel, as its service draws it, in docs/gallery and docs/gallery.md. `./dev gallery`.

The messages are those of `tocsin preview`; Chromium draws them by the drawings that the inbox has, and Adaptive Cards by Microsoft's
renderer from npm. docs/gallery/hashes.json tells from which payloads the pictures were made: tests/test_gallery.py compares them.

    draw.py                 draw all pictures anew
    draw.py --look FOLDER   draw them there instead, large, on a phone and a desktop: to look at
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
FOLDER = ROOT / "docs" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
COOKBOOK = ROOT / "examples" / "cookbook"
BUILT = HERE / "built.html"  # what the browser opens; it stands beside the renderer that it loads
HOST_CONFIGS = HERE / "node_modules" / "adaptivecards-designer" / "lib" / "hostConfigs"
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "inbox")]

from tocsin import drawings
from tocsin.channels import MAIL_KINDS
from tocsin.policy.load import load
from tocsin.policy.policy_text import PolicyText
from tocsin.preview import find, previews
from tocsin.preview.page import drawn_message

if TYPE_CHECKING:
    from browser import Browser

RULES = {
    "trigger": "production", "success": "production", "failure": "production", "broken": "main", "still_failing": "main",
    "fixed": "main", "cancelled": "production", "unstable": "main", "waiting": "production",
}  # fmt: skip
CHANNELS = {
    "slack": "Slack",
    "teams": "Teams",
    "discord": "Discord",
    "ringcentral": "RingCentral",
    "google_chat": "Google Chat",
    "mattermost": "Mattermost",
    "telegram": "Telegram",
    "ntfy": "ntfy",
    "pagerduty": "PagerDuty",
    "mail": "Mail",
}
HEAD = ("slack/broken", "teams/failure", "discord/fixed")  # what the README shows
SCALE = 1.0  # pixels of a picture a pixel of the page
QUALITY = 60  # of WebP


class Shot(NamedTuple):
    """How to draw: the window's width in CSS pixels, the scheme, what the file's name ends with."""

    width: int
    dark: bool
    end: str
    scale: float = SCALE


PHONE = (Shot(360, dark=False, end=".webp"), Shot(360, dark=True, end="-dark.webp"))
LOOKS = tuple(
    Shot(width, dark, f"-{name}-{'dark' if dark else 'light'}.png", 1.0)
    for name, width in {"phone": 360, "desktop": 900}.items()
    for dark in (False, True)
)
HEADS = (Shot(1120, dark=False, end=".webp", scale=1.0), Shot(1120, dark=True, end="-dark.webp", scale=1.0))


def messages() -> dict[str, dict[str, Any]]:
    """What is drawn, by "channel/event": what the drawings take."""
    document = load(PolicyText("policy.yml", (HERE / "policy.yml").read_bytes()))
    found = {}
    for word, rule in RULES.items():
        (preview,) = previews(document, find(document.policy, rule), [word], {})
        for delivery in preview.deliveries:
            found[f"{delivery.channel}/{word}"] = drawn_message(preview, delivery)
    return {**found, **recipes()}


def recipes() -> dict[str, dict[str, Any]]:
    """What the first rule of each recipe sends to its first channel, by "cookbook/NAME"; a webhook's JSON is not drawn."""
    found = {}
    for path in sorted(COOKBOOK.glob("*.yml")):
        if path.name.endswith(".test.yml"):
            continue
        document = load(PolicyText(path.name, path.read_bytes()))
        rule = document.policy.notifications[0]
        word = rule.on[0] if rule.on[0] in RULES else "failure"
        (preview, *_) = previews(document, find(document.policy, rule.name), [word], {})
        if preview.deliveries[0].kind != "webhook":
            found[f"cookbook/{path.stem}"] = drawn_message(preview, preview.deliveries[0])
    return found


def hashes(drawn: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """What the pictures are made from, by SHA-256 of the payload."""
    return {key: hashlib.sha256(json.dumps(message["payload"], sort_keys=True).encode()).hexdigest() for key, message in drawn.items()}


def page_text() -> str:
    """docs/gallery.md."""
    parts = [
        "# The gallery\n",
        "Every event on every channel, 360 px wide as on a phone. `trigger` means that the run has started. A webhook has no picture,",
        "because it gets [JSON](channels.md#webhook). `./dev gallery` makes the pictures from the payloads that tocsin sends. It draws",
        "Adaptive Cards with Microsoft's renderer, and the rest as [the inbox](commands.md#demo-and-inbox) does. For your messages, use",
        "[`tocsin preview --html`](commands.md#preview).\n",
    ]
    names = list(CHANNELS)
    for word in RULES:
        parts.append(f"## {word}\n")
        for row in (names[at : at + 3] for at in range(0, len(names), 3)):
            pictures = [_picture(f"gallery/{name}-{word}", f"{word} in {CHANNELS[name]}") for name in row]
            parts += ["<table>", _row("th", (CHANNELS[name] for name in row)), _row('td valign="top"', pictures), "</table>\n"]
    return "\n".join(parts)


def _row(cell: str, values: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{cell}>{value}</{cell[:2]}>' for value in values)}</tr>"


def _picture(path: str, alt: str) -> str:
    dark = f'<source media="(prefers-color-scheme: dark)" srcset="{path}-dark.webp">'
    return f'<picture>{dark}<img src="{path}.webp" width="270" alt="{alt}"></picture>'


def draw(browser: Browser, drawn: Mapping[str, dict[str, Any]], shots: tuple[Shot, ...], folder: Path) -> None:
    """Draw each message once a shot."""
    chats = {key: message for key, message in drawn.items() if message["kind"] not in MAIL_KINDS}
    for shot in shots:
        draw_chats(browser, {key.replace("/", "-"): [message] for key, message in chats.items()}, shot, folder)
        for key in drawn.keys() - chats.keys():  # a mail's HTML is a page of its own
            BUILT.write_text(drawn[key]["payload"]["html"], encoding="utf-8")
            page = browser.open(BUILT.as_uri(), width=shot.width, dark=shot.dark, height=100)
            _shoot(page, shot, page.value("document.documentElement.scrollHeight"), folder / f"{key.replace('/', '-')}{shot.end}")


def draw_chats(browser: Browser, pictures: Mapping[str, list[dict[str, Any]]], shot: Shot, folder: Path) -> None:
    """Draw pictures by their names, each of one or more messages side by side."""
    BUILT.write_text(drawings.page((HERE / "page.html").read_text("utf-8")), encoding="utf-8")
    page = browser.open(BUILT.as_uri(), width=shot.width, dark=shot.dark)
    config = (HOST_CONFIGS / f"microsoft-teams-{'dark' if shot.dark else 'light'}.json").read_text("utf-8")
    for name, shown in pictures.items():
        _shoot(page, shot, page.value(f"show({json.dumps(shown)}, {config})"), folder / f"{name}{shot.end}")
    if page.troubles:
        raise RuntimeError("; ".join(page.troubles))


def _shoot(page: Any, shot: Shot, height: int, path: Path) -> None:
    clip = {"x": 0, "y": 0, "width": shot.width, "height": height, "scale": shot.scale}
    form = {"format": "webp", "quality": QUALITY} if path.suffix == ".webp" else {"format": "png"}
    taken = page.call("Page.captureScreenshot", {**form, "clip": clip, "captureBeyondViewport": True})
    path.write_bytes(base64.b64decode(taken["data"]))


def main() -> int:
    """Draw, and write the page and the hashes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--look", metavar="FOLDER", type=Path)
    look = parser.parse_args().look
    from browser import Browser

    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not program:
        print("the gallery needs Chromium", file=sys.stderr)
        return 1
    drawn, folder = messages(), look or FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with Browser(program) as browser:
        draw(browser, drawn, LOOKS if look else PHONE, folder)
        if not look:
            for shot in HEADS:
                draw_chats(browser, {"head": [drawn[key] for key in HEAD]}, shot, folder)
    BUILT.unlink()
    if not look:
        (FOLDER / "hashes.json").write_text(json.dumps(hashes(drawn), indent=1) + "\n", encoding="utf-8")
        PAGE.write_text(page_text(), encoding="utf-8")
    print(f"{len(list(folder.iterdir()))} files, {sum(file.stat().st_size for file in folder.iterdir()) // 1000} kB in {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
