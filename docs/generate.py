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
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import man
import yaml
from recipes import recipe
from samples import report_sample, run_command, summary_sample

from tocsin import channels
from tocsin.channels.options import Credential, keys_of
from tocsin.checks import Check
from tocsin.ci.github.events import EVENTS
from tocsin.commands import parser
from tocsin.inbox.endpoints import ENDPOINTS
from tocsin.policy import model
from tocsin.policy.schema import schema
from tocsin.policy.schema_forms import EMPTY, SPOKEN, TEXT
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
    manual = root / man.PAGE
    if manual.exists() and (fresh := man.man_page()) != manual.read_text(encoding="utf-8"):
        stale[manual] = fresh
    editors = root / SCHEMA_FILE
    if editors.exists() and (fresh := schema_text()) != editors.read_text(encoding="utf-8"):
        stale[editors] = fresh
    for path, fresh in stale.items():
        if not check:
            path.write_text(fresh, encoding="utf-8")
        print(f"{path.relative_to(root).as_posix()} {'is not current: run `./dev docs`' if check else 'written'}")  # noqa: T201
    return 1 if stale and check else 0


def schema_text() -> str:
    """The policy's schema as a file, which editors read by its address: tocsin.homepage.SCHEMA."""
    return f"{json.dumps(schema(), indent=2, ensure_ascii=False)}\n"


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


def table(*rows: Sequence[str]) -> str:
    """A table; the first row is its head."""
    head, *rest = rows
    lines = [head, ["---"] * len(head), *([cell.replace("|", "\\|") for cell in row] for row in rest)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def code(value: object) -> str:
    """A value as the policy writes it."""
    value = int(value) if isinstance(value, float) and value.is_integer() else value
    return f"`{value if isinstance(value, str) else json.dumps(value)}`"


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


def keys_table(name: str) -> str:
    """The keys of a part of the policy: `Policy`, a definition of the schema, or a kind of channel."""
    whole = schema()
    node = whole if name == "Policy" else whole["$defs"][f"channel_{name}" if name in channels.KINDS else name]
    node = next((option for option in node.get("anyOf", ()) if "properties" in option), node)
    secret = secret_keys(name) if name in channels.KINDS else set()
    required = node.get("required", [])
    rows = []
    for key, value in node["properties"].items():
        words = "a secret, as `${NAME}`" if key in secret else type_words(value)
        default = "required" if key in required else default_words(value)
        rows.append((f"`{key}`", words, default, value.get("description", "The kind of the channel." if key == "kind" else "")))
    return table(("key", "takes", "default", "meaning"), *rows)


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


def secret_keys(kind: str) -> set[str]:
    """The options of a kind of channel that must not be written out."""
    options = channels.load(kind).Options
    return {options.model_fields[name].alias or name for name in keys_of(options, Credential)}


def default_words(node: Node) -> str:
    """The default of a key; what has parts of its own says so in its own table."""
    default = node.get("default")
    return "" if default is None or isinstance(default, (dict, list)) else code(default)


def type_words(node: Node) -> str:
    """What a key takes, in words."""
    options = [option for option in node.get("anyOf", []) if option not in (EMPTY, SPOKEN)]
    if len(options) == 2 and options[1].get("items") == options[0]:
        return f"{type_words(options[0])}, or a list"
    if options:
        return " or ".join(map(type_words, options))
    if "$ref" in node:
        name = re.sub("(?<=[a-z])(?=[A-Z])", " ", node["$ref"].rpartition("/")[2]).lower()
        return f"[{name}](#{name.replace(' ', '-')})"
    if "const" in node or "enum" in node:
        return ", ".join(map(code, node.get("enum", [node.get("const")])))
    if node.get("type") in ("object", ["object", "null"]):
        inner = node.get("additionalProperties") or {}
        return "[selector](#selectors)" if "branch" in node.get("properties", {}) else f"names, each with {type_words(inner)}"
    words = WORDS.get(str(node.get("type")))
    return words(node) if words else "a channel" if "oneOf" in node else "any value"


def number_words(node: Node) -> str:
    """A number and its bounds."""
    low = f"above {node['exclusiveMinimum']}, at most" if "exclusiveMinimum" in node else f"{node['minimum']} to"
    return f"number, {low} {node['maximum']:g}"


WORDS: dict[str, Callable[[Node], str]] = {
    str(TEXT): lambda _: "text",
    "string": lambda _: "a template",  # what is any text has more types
    "boolean": lambda _: "`true`, `false`",
    "number": number_words,
    "integer": lambda node: f"whole {number_words(node)}",
    "array": lambda node: f"list of {type_words(node['items'])}",
}


def selector_table(_: str) -> str:
    """The keys of a selector."""
    return table(("key", "is"), *((f"`{key}`", words) for key, words in model.SELECTOR_KEYS.items()))


def checks_list(_: str) -> str:
    """A section for each kind of problem, whose heading is its id. The tests load every example."""
    return "\n\n".join(map(check_section, Check))


def check_section(check: Check) -> str:
    """What a kind of problem is, why it matters, and its example with the mended one. Raises FileNotFoundError where it has none."""
    case = check_example(check)
    saved = f", saved as {case['encoding'].upper()}" if "encoding" in case else ""
    alone = "yaml" if isinstance(case["right"], str) else "yml"  # by `yaml` the tests know what is valid by itself
    wrong, right = shown_files(case["wrong"], "yml"), shown_files(case["right"], alone)
    meaning = f"{check.meaning} A warning." if case.get("severity") else check.meaning
    return "\n\n".join((f"## {check.value}", meaning, case["why"].strip(), f"Wrong{saved}:", *wrong, "Right:", *right))


def check_example(check: Check) -> Node:
    """The example of a kind of problem. Raises FileNotFoundError where it has none."""
    example: Node = yaml.safe_load((ROOT / "tests" / "cases" / "checks" / f"{check.value}.yml").read_text(encoding="utf-8"))
    return example


def shown_files(policy: str | dict[str, str], language: str) -> Iterator[str]:
    """A policy, or files with their names above them."""
    for name, text in (policy if isinstance(policy, dict) else {"": policy}).items():
        fence = f"```{'json' if name.endswith('.json') else language}\n{text}```"
        yield f"`{name}`:\n\n{fence}" if name else fence


def checks_table(_: str) -> str:
    """Every kind of problem, with a link to its section."""
    rows = ((f"[{check.value}](#{check.value})", check_example(check).get("severity", "error"), check.meaning) for check in Check)
    return table(("id", "is", "finds"), *rows)


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
