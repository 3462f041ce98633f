"""Events for tests: the sample of each kind in cases/messages, and hostile ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tocsin.derive.building import build
from tocsin.event import RECORDS, Event, Fact

CASES = Path(__file__).parent / "cases"
MESSAGES = sorted((CASES / "messages").iterdir())
RULES = ("production deployments", "#2")


def event(values: dict[str, Any]) -> Event:
    """The event of nested values, as `tocsin context --json` prints them."""
    return build({name: Fact(value, "test") for name, value in _dotted(values)})


def _dotted(values: dict[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in values.items():
        record = isinstance(value, dict) and (name in RECORDS or name == "author")
        found += _dotted(value, f"{prefix}{name}.") if record else [(prefix + name, value)]
    return found


def sample(folder: Path) -> Event:
    """The event of a case in cases/messages."""
    return event(json.loads((folder / "event.json").read_text(encoding="utf-8")))


SAMPLES = {folder.name: sample(folder) for folder in MESSAGES}

SNIPPETS = {
    "broadcast": "<!channel> <!here> <!everyone> @everyone @here @channel",
    "mention": "<@U123> <@&99> <@!99> <#C1> <!subteam^S1> <at>Ada</at> ![:Person](1)",
    "slack link": "<http://evil.example|your bank> <mailto:a@evil.example|x>",
    "markdown link": "[your bank](http://evil.example) ![x](http://evil.example/x.png) <http://evil.example> [x][1] [1]: http://evil.example",
    "bare link": "http://evil.example/ https://evil.example www.evil.example discord.gg/evil",
    "markup": "*b* **b** _i_ __u__ ~s~ ~~s~~ `c` ```c``` ||s|| > q # h - l + l 1. l 12. l -# s",
    "escapes": "\\*b\\* \\\\*b\\\\* \\<@1> \\[x](http://evil.example) &lt;!channel&gt; &amp;",
    "quotes": '"\'`\\" }}, {"channel": "#exec"} {{ 7*7 }} ${HOME} ${{ github.token }} {{DATE(2020-01-01T00:00:00Z)}}',
    "lines": "a\nb\r\nc\rd\u2028e\u2029f\x0bg\x0ch\x85i\x00j\tk",
    "headers": "x\r\nBcc: victim@example.com\r\n\r\nbody",
    "direction": "abc\u202edef\u2066ghi\u2069\u200f\u200e\u061cjkl\u200b\ufeff",
    "log commands": "::error::x ::set-output name=a::b ##[error]x ##vso[task.complete] \x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07x\x1b]8;;\x07",
    "html": '<script>alert(1)</script><img src=http://evil.example/x onerror=x> <!-- --> <at id="0">x</at>',
    "emoji": "👩‍👩‍👧‍👦 🏳️‍🌈 :skull: <:party:123> ⚠️ e\u0301\u0301",
    "astral": "𝕬𝖉𝖆 " + "😀" * 400,
    "surrogates": "a\ud800b\udfffc\ud83d d",
    "invisible": "\u200b\u2060\ufeff\x00",
    "spaces": " \t\n ",
    "long": "word " * 20_000,
    "unbroken": "x" * 100_000,
    "brackets": "[" * 5000 + "(" * 5000,
    "escaped twice": "\\" * 5000 + "&<>" * 5000,
}
EVIL_URLS = (
    "javascript:alert(1)", "http://user:pass@evil.example/", "https://x.example/a b", "https://x.example/<!channel>",
    "https://x.example/a)b(c", "http://[::1", "https://x.example/" + "a" * 2020, "//evil.example", "http://jenkins:8080/job/1",
    "https://x.example/" + "(" * 2000, "https://x.example/\u202e", "https://x.example/|x", "https://x.example/\nBcc: y",
)  # fmt: skip


def hostile(text: str, url: str = "https://ci.example/run/1") -> Event:
    """An event with `text` in every field that is text, `url` in every one that is an address, and sixty failures."""
    person = {"name": text, "email": text}
    return event(
        {
            "ci": "github", "hook": "completion", "status": "failure", "event": "failure", "kind": "cd",
            "project": text, "app": text, "environment": text, "environment_url": url, "tier": text, "cluster": text,
            "pipeline": text, "pipeline_file": text, "source": text,
            "run": {"id": text, "attempt": 2, "url": url, "started_at": text, "finished_at": text},
            "job": {"id": text, "name": text, "url": url, "variant": text},
            "ref": {"type": "pull_request", "name": text, "branch": None, "tag": text},
            "commit": {"sha": text, "short_sha": text[:8], "title": text, "message": text, "url": url, "author": {**person, "name": f"by {text}"}},
            "pull_request": {"number": 1, "title": text, "url": url, "source_branch": text, "target_branch": text, "fork": True},
            "triggered_by": {"login": text, **person},
            "image": {"repository": text, "tag": text},
            "repository": {"name": text, "owner": text, "url": url},
            "failures": [{"job": text, "step": text, "url": url, "reason": text}] * 60,
            "changes": [{"sha": text, "title": text, "author": person, "url": url}] * 60,
        }
    )  # fmt: skip


def crowded(text: str, url: str = "https://ci.example/run/1") -> Event:
    """The same, of which all is known: sixty failures, none like another, lines of their logs, tests, and what was before."""
    failures = [
        {"job": text, "step": f"{number} {text}", "url": url, "reason": text, "excerpt": f"{text}\n  log {text}"} for number in range(60)
    ]
    earlier = {"number": 40, "url": url, "at": "2026-11-22T02:57:10Z", "commit": text}
    known = event(
        {
            "transition": "broken", "compare_url": url, "failures": failures,
            "tests": {"total": 9, "failed": 3, "failures": [{"name": text, "message": text}] * 3},
            "run": {
                "id": text, "number": 42, "url": url, "failed_runs": 3, "failing_since": earlier, "last_success": earlier,
                "started_at": "2026-11-23T02:57:10Z", "finished_at": "2026-11-23T03:00:30Z",
            },
        }
    )  # fmt: skip
    return hostile(text, url)._replace(**{name: getattr(known, name) for name in ("transition", "compare_url", "failures", "tests", "run")})


HOSTILE = {
    **{name: hostile(text) for name, text in SNIPPETS.items()},
    **{f"url {number}": hostile("x" * 300, url) for number, url in enumerate(EVIL_URLS)},
    "everything": hostile(" ".join(SNIPPETS.values()).replace("word ", "")[:4000], "https://x.example/" + "a" * 2020),
    "widest": hostile('"\\😀' * 200, "https://x.example/" + "a" * 2020),
}
EVERY = {**SAMPLES, **HOSTILE}
CROWDED = {
    **{name: crowded(text) for name, text in SNIPPETS.items()},
    **{f"url {number}": crowded("x" * 300, url) for number, url in enumerate(EVIL_URLS)},
    "widest": crowded('"\\😀' * 200, "https://x.example/" + "a" * 2020),
    "ampersands": crowded("&<`" * 100, "https://x.example/?" + "&" * 2020),
    "fences": crowded("```x``` ``y`` `z` ~~~ ```"),
}
