"""Fill the generated parts of the docs: what stands between `<!-- generated: NAME -->` and `<!-- /generated -->`.

    python docs/generate.py           write them anew
    python docs/generate.py --check   exit with 1, and name the files that are not current

NAME is a block (a key of BLOCKS) and its argument: `commands`, `options send`, `keys Delivery`, `run explain …`.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import man
import yaml
from check_sections import checks_list, checks_table
from keys import keys_table
from recipes import recipe
from samples import report_sample, run_command, summary_sample
from tables import code, table

from tocsin import channels
from tocsin.ci.github.events import EVENTS
from tocsin.commands import parser
from tocsin.inbox.endpoints import ENDPOINTS
from tocsin.policy import model
from tocsin.policy.schema import schema
from tocsin.templates import devtron
from tocsin.templates.samples import EVERYTHING

ROOT = Path(__file__).resolve().parent.parent
SCHEMA_FILE = "schema/tocsin.schema.json"
EVERYWHERE = ("help", "talk")  # arguments of every command, which docs/commands.md names once
BLOCK = re.compile(r"(?P<open><!-- generated: (?P<name>.+?) -->\n).*?(?P<close><!-- /generated -->)", re.DOTALL)

Node = dict[str, Any]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write the generated parts, or check them."""
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a file is not current")
    check = words.parse_args(arguments).check
    stale = {path: fresh for path in pages(root) if (fresh := filled(text := path.read_text(encoding="utf-8"))) != text}
    for name, text_of in WHOLE_FILES.items():
        path = root / name
        if path.exists() and (fresh := text_of()) != path.read_text(encoding="utf-8"):
            stale[path] = fresh
    for path, fresh in stale.items():
        if not check:
            path.write_text(fresh, encoding="utf-8")
        print(f"{path.relative_to(root).as_posix()} {'is not current: run `./dev docs`' if check else 'written'}")  # noqa: T201
    return 1 if stale and check else 0


def schema_text() -> str:
    """The policy's schema as a file, which editors read by its address: tocsin.homepage.SCHEMA."""
    return f"{json.dumps(schema(), indent=2, ensure_ascii=False)}\n"


WHOLE_FILES: dict[str, Callable[[], str]] = {man.PAGE: man.man_page, SCHEMA_FILE: schema_text}


def pages(root: Path) -> list[Path]:
    """All pages of the docs."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]


def filled(text: str) -> str:
    """A page with its generated parts made anew. Raises KeyError for a block that is unknown."""
    return BLOCK.sub(lambda found: f"{found['open']}{block(found['name'])}\n{found['close']}", text)


@cache
def block(name: str) -> str:
    """The text of one block."""
    kind, _, argument = name.partition(" ")
    return BLOCKS[kind](argument)


def commands_table(_: str) -> str:
    """Every command and what it does."""
    rows = []
    for name, command in parser().commands.items():
        inner = {f"{name} {word}": below for word, below in command.commands.items()}
        rows += [(f"`tocsin {words}`", below.summary) for words, below in (inner or {name: command}).items()]
    return table(("command", "does"), *rows)


def options_table(path: str) -> str:
    """The arguments of one command."""
    command = parser()
    for word in path.split():
        command = command.commands[word]
    rows = [(shown(argument), (argument.help or "") % vars(argument)) for argument in command.arguments if argument.dest not in EVERYWHERE]
    return table(("argument", "meaning"), *rows)


def shown(action: argparse.Action) -> str:
    """How an argument is written."""
    value = str(action.metavar or "")
    names = [f"{name} {value}".strip() if action.nargs != 0 else name for name in action.option_strings]
    return ", ".join(f"`{name}`" for name in names) or f"`{value}`"


def channels_list(_: str) -> str:
    """Links to the sections of all kinds of channel."""
    return "- " + ", ".join(f"[{kind}](#{kind})" for kind in channels.KINDS)


def abilities_table(_: str) -> str:
    """What each kind of channel can do, of all that one of them can."""
    rows = [(f"[{name}](#{name})", *("yes" if word in kind.can else "" for word in ABILITIES)) for name, kind in channels.KINDS.items()]
    return table(("kind", *ABILITIES.values()), *rows)


def inbox_table(_: str) -> str:
    """What to set in a channel of each kind to send to the inbox at its default ports."""
    plain = "the URL's variable to `{}`"
    rows = [(kind, INBOX_SETTINGS.get(kind, plain).format(inbox_address(kind))) for kind in channels.KINDS]
    return table(("kind", "set"), *rows)


def inbox_address(kind: str) -> str:
    """The address of the inbox's endpoint for a kind, at the default port."""
    scheme = "json" if channels.KINDS[kind].bridge else "http"  # a bridge has schemes of its own
    return f"{scheme}://127.0.0.1:8025{ENDPOINTS[kind].path}" if kind in ENDPOINTS else ""


ABILITIES: dict[channels.Ability, str] = {
    "update": "changes its message",
    "thread": "answers in a thread",
    "mention": "mentions people",
    "mention_all": "`here`, `channel`",
    "push": "notification in its own words",
    "clock": "reader's own clock",
}
INBOX_SETTINGS = {
    "pagerduty": "`api_url` to `{}`, with any key of 32 characters",
    "telegram": "`api_url` to `{}`, with any token of a bot's form",
    "ntfy": "`url` to `{}`, with any topic",
    "smtp": "`host: 127.0.0.1`, `port: 1025`, `security: none`, without a login",
    "ses": "`endpoint_url: {}`, with any keys",
    "webhook": "`url` to `{}`",
}


def selector_table(_: str) -> str:
    """The keys of a selector."""
    return table(("key", "is"), *((f"`{key}`", words) for key, words in model.SELECTOR_KEYS.items()))


def devtron_table(_: str) -> str:
    """Devtron's variables with their types, for a failed build and a failed deployment."""
    cd = devtron.devtron_variables(EVERYTHING)
    ci = devtron.devtron_variables(EVERYTHING._replace(kind="ci", environment=None))
    types = {str: "text", int: "number", list: "list"}
    rows = ((f"`{name}`", types[type(cd[name])], code(json.dumps(ci[name])), code(json.dumps(cd[name]))) for name in cd)
    return table(("variable", "type", "on a build", "on a deployment"), *rows)


def example(name: str) -> str:
    """An example as it is."""
    language = {".yml": "yaml", ".groovy": "groovy", ".sh": "sh"}.get(Path(name).suffix, "groovy")  # a Jenkinsfile has no suffix
    return f"```{language}\n{(ROOT / 'examples' / name).read_text(encoding='utf-8')}```"


def action_table(part: str) -> str:
    """The inputs or the outputs of the action."""
    manifest = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))[part]
    if part == "outputs":
        return table(("output", "is"), *((f"`{name}`", output["description"]) for name, output in manifest.items()))
    return inputs_table(manifest)


def events_table(_: str) -> str:
    """Every event of GitHub's, and what a run that it started is about; those that are about the same thing in one row."""
    rows: dict[tuple[str, str], list[str]] = {}
    for name, subject in EVENTS.items():
        rows.setdefault((subject.ref, subject.commit), []).append(f"`{name}`")
    return table(("event", "ref", "commit"), *((", ".join(names), *subject) for subject, names in rows.items()))


def gitlab_inputs(_: str) -> str:
    """The inputs of GitLab's template, whose header is the first of the file's two documents."""
    template = (ROOT / "plugins" / "gitlab" / "templates" / "notify.yml").read_text(encoding="utf-8")
    return inputs_table(yaml.safe_load(template.partition("\n---\n")[0])["spec"]["inputs"])


def inputs_table(inputs: Node) -> str:
    """The inputs of a plug-in."""
    rows = (
        (f"`{name}`", "" if given["default"] in ("", []) else code(given["default"]), given["description"])
        for name, given in inputs.items()
    )
    return table(("input", "default", "meaning"), *rows)


BLOCKS: dict[str, Callable[[str], str]] = {
    "commands": commands_table,
    "options": options_table,
    "keys": keys_table,
    "channels": channels_list,
    "abilities": abilities_table,
    "inbox": inbox_table,
    "selector": selector_table,
    "checks": checks_list,
    "checks-table": checks_table,
    "devtron": devtron_table,
    "run": run_command,
    "report": report_sample,
    "summary": summary_sample,
    "example": example,
    "recipe": recipe,
    "action": action_table,
    "events": events_table,
    "gitlab-inputs": gitlab_inputs,
}

if __name__ == "__main__":
    sys.exit(main())
