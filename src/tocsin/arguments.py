"""The words of the command line."""

from __future__ import annotations

import argparse
from collections.abc import Container, Iterable, Sequence
from typing import Any, NoReturn

from tocsin import __version__
from tocsin.errors import UsageError

HELP_WIDTH_CHARS = 80  # ours: the same text on every terminal
HELP_COLUMN_CHARS = 24
DESCRIPTION = """\
CI/CD notifications as code: one policy file says who hears of which pipeline,
and this program tells them, in GitHub Actions, GitLab CI and Jenkins.
"""
EPILOG = """\
start here:
  tocsin demo             see a pipeline's messages on your own machine
  tocsin check            is the policy right?
  tocsin explain completion --status failure
                          who would hear of a failure, and why
  tocsin COMMAND --help   all about one command

exit codes:
  0 done, 1 a delivery failed under --strict, 2 usage, 3 policy invalid or
  missing, 4 no context, 70 a defect of tocsin, 130 and 143 interrupted
"""
HOOKS = ("trigger", "completion")
STAGES = ("main", "post")  # of a step of GitHub's
CI_NAMES = ("github", "gitlab", "jenkins", "generic")
FORMAT_NAMES = ("text", "json", "github", "gitlab")
PORT_MAX = 65535
CONTEXT_FLAGS = (
    ("app", "NAME", "the application"),
    ("project", "NAME", "the project the application belongs to"),
    ("environment", "NAME", "the environment that is deployed to"),
    ("tier", "TIER", "production, staging, testing, development or other"),
    ("cluster", "NAME", "the cluster that is deployed to"),
    ("kind", "KIND", "ci or cd"),
    ("pipeline", "NAME", "the pipeline's name"),
    ("image", "REPO:TAG", "the container image"),
    ("triggered-by", "WHO", "a login or an email address"),
)
# What people write who know other tools, by the word here.
_MEANT = {
    "check": ("validate", "lint", "verify", "test"), "send": ("notify", "run"), "explain": ("why", "match", "preview"),
    "context": ("env", "event", "debug"), "trigger": ("start", "started", "begin"),
    "completion": ("complete", "end", "finish", "success", "failure"),
    "--environment": ("--env",), "--app": ("--application",), "--policy": ("--config", "--file"), "--report": ("--output",),
}  # fmt: skip


class _Help(argparse.RawDescriptionHelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=HELP_COLUMN_CHARS, width=HELP_WIDTH_CHARS)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are one line: what is wrong, what was probably meant, where to read on."""

    def __init__(self, **keywords: Any) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **keywords)
        self.set_defaults(parser=self)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        if message.startswith("the following arguments are required: "):
            name = message.partition(": ")[2]
            listed = "".join(f" ({', '.join(action.choices)})" for action in self._actions if action.choices and action.metavar == name)
            message = f"{name} is missing{listed}"
        elif message.endswith("expected one argument"):
            flag = message.removeprefix("argument ").partition(":")[0]
            message = f"{flag} needs a value (one that begins with a dash is written {flag}=-VALUE)"
        raise UsageError(f"{message.removeprefix('argument ')}; see {self.prog} --help")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        known = [str(choice) for choice in action.choices or ()]
        if not known or value in known or (action.option_strings and not value):  # an empty value is none
            return
        noun, listed = "/".join(action.option_strings) or str(action.metavar), ", ".join(known)
        self.error(f"{noun}: {value!r} is unknown{_meant(str(value), known) or f' (known: {listed})'}")


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """The words of the command line; `command` names what was asked for.

    Raises UsageError, and SystemExit after `--help` and `--version`.
    """
    if len(arguments) == 2 and arguments[0] == "action" and arguments[1] in STAGES:  # the GitHub Action's own way in, for nobody else
        return argparse.Namespace(command="action", stage=arguments[1])
    words, unknown = parser(arguments).parse_known_args(arguments)
    if unknown:
        flag = unknown[0].partition("=")[0]
        known = [option for action in words.parser._actions for option in action.option_strings]  # noqa: SLF001  it has no other name
        words.parser.error(f"{flag!r} is unknown here{_meant(flag, known)}")
    return words


def _meant(word: str, known: Iterable[str]) -> str:
    """In brackets, the known word that was probably meant, or nothing."""
    from difflib import get_close_matches

    known = list(known)
    spoken = [name for name in known if word in _MEANT.get(name, ())]
    begun = [name for name in known if len(word.strip("-")) > 1 and name.startswith(word)]
    close = spoken or begun or get_close_matches(word[:100], known, 1)
    return f" (do you mean {close[0]}?)" if close else ""


def parser(words: Container[str] | None = None) -> argparse.ArgumentParser:
    """The parser of all commands; where `words` are given, only the commands among them have their flags, which halves the cost."""
    top = _Parser(prog="tocsin", usage="tocsin COMMAND [FLAGS]", description=DESCRIPTION, epilog=EPILOG)
    top.add_argument("--version", action="version", version=f"tocsin {__version__}", help="print the version and exit")
    commands = top.add_subparsers(prog="tocsin", dest="command", metavar="COMMAND", required=True, title="commands")
    for name, text, usage, add_flags in (
        ("send", "send what the policy asks for at this hook", "HOOK [FLAGS]", _send),
        ("check", "is the policy right? prints every error at once", "[FLAGS] [FILE ...]", _check),
        ("context", "what this CI says of this run, and from where", "[HOOK] [FLAGS]", _context),
        ("explain", "who would get what, and why", "HOOK [FLAGS]", _explain),
        ("channels", "list the channels, or send a test message", "ACTION [FLAGS]", _channels),
        ("schema", "print the policy's JSON Schema, for an editor", "", _schema),
        ("demo", "see a sample pipeline's messages in a local inbox", "[FLAGS]", _demo),
        ("inbox", "run a local inbox: HTTP, SMTP and the SES API", "[FLAGS]", _inbox),
    ):
        command = commands.add_parser(name, usage=f"tocsin {name} {usage}".rstrip(), help=text)
        if words is None or name in words:
            add_flags(command)
    return top


def _send(command: argparse.ArgumentParser) -> None:
    command.description = "Send what the policy asks for at this hook."
    command.epilog = """\
examples:
  tocsin send trigger
  tocsin send completion --status failure
  tocsin send completion --status success --environment production
"""
    _hook(command)
    _event_flags(command)
    command.add_argument("--dry-run", action="store_true", help="do everything but send")
    command.add_argument("--strict", action="store_true", default=None, help="exit with 1 where a delivery fails or a variable is missing")
    command.add_argument("--report", metavar="FILE", help="write the outcome of every delivery to FILE, as JSON")


def _check(command: argparse.ArgumentParser) -> None:
    command.description = "Check policies, and print every error at once, with its line."
    command.epilog = """\
examples:
  tocsin check
  tocsin check --format github    errors as annotations of a pull request
  tocsin check --format gitlab > gl-code-quality-report.json
"""
    command.add_argument("files", nargs="*", metavar="FILE", help="a policy, or - for standard input (default: the repository's)")
    command.add_argument("--format", metavar="FORMAT", choices=FORMAT_NAMES, help=f"{', '.join(FORMAT_NAMES)} (default: text)")


def _context(command: argparse.ArgumentParser) -> None:
    command.description = "Show the event as this CI gives it, and where each value came from."
    command.epilog = """\
examples:
  tocsin context
  tocsin context --status failure --json
"""
    _hook(command, nargs="?", default_words=" (default: completion with a status, else trigger)")
    _event_flags(command)
    command.add_argument("--json", action="store_true", help="print the event as JSON")


def _explain(command: argparse.ArgumentParser) -> None:
    command.description = "Show which rules match, which keys keep the others from it, and what becomes\nof each message."
    command.epilog = """\
examples:
  tocsin explain trigger
  tocsin explain completion --status failure --environment production
"""
    _hook(command)
    _event_flags(command)
    command.add_argument("--json", action="store_true", help="print the explanation as JSON")


def _channels(command: argparse.ArgumentParser) -> None:
    command.description = "List the channels, or send a test message through one."
    command.epilog = """\
examples:
  tocsin channels list
  tocsin channels test team
  tocsin channels test mail --to you@example.com
"""
    actions = command.add_subparsers(prog="tocsin channels", dest="action", metavar="ACTION", required=True, title="actions")
    listing = actions.add_parser("list", help="what is configured, and which variables are missing")
    listing.description = "List the channels: kind, project, variables and whether they are set, rules."
    listing.add_argument("--json", action="store_true", help="print the list as JSON")
    testing = actions.add_parser("test", help="send one test message through the real thing")
    testing.description = "Send one test message through a channel, for real. Exits with 1 where it fails."
    testing.add_argument("name", metavar="NAME", help="the channel's name in the policy")
    testing.add_argument("--to", metavar="ADDRESS", help="the recipient, for an email channel")
    for action in (listing, testing):
        _policy_flag(action)


def _schema(command: argparse.ArgumentParser) -> None:
    command.description = "Print the policy's JSON Schema. Editors that know YAML complete and check\npolicies by it."


def _demo(command: argparse.ArgumentParser) -> None:
    command.description = "Start a local inbox, send a sample pipeline's messages to all kinds of\nchannel, and show what arrived."
    command.add_argument("--once", action="store_true", help="exit after the table (the default where standard output is no terminal)")
    command.add_argument("--port", type=_port, default=0, metavar="N", help="the page's port (default: any free one)")


def _inbox(command: argparse.ArgumentParser) -> None:
    command.description = "Run a local inbox: point channels at it and see what they send. Everything\nstays on this machine."
    command.add_argument("--port", type=_port, default=8025, metavar="N", help="the port for HTTP and the page (default: %(default)s)")
    command.add_argument("--smtp-port", type=_port, default=1025, metavar="N", help="the port for SMTP (default: %(default)s)")


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 6 and int(text) <= PORT_MAX):
        raise argparse.ArgumentTypeError(f"{text[:40]!r} is no port: use a number up to {PORT_MAX}, or 0 for any that is free")
    return int(text)


def _hook(command: argparse.ArgumentParser, *, nargs: str | None = None, default_words: str = "") -> None:
    text = f"trigger: the pipeline starts; completion: it has ended{default_words}"
    command.add_argument("hook", nargs=nargs, metavar="HOOK", choices=HOOKS, help=text)


def _policy_flag(command: argparse.ArgumentParser) -> None:
    command.add_argument("--policy", metavar="FILE", help="the policy, or - for standard input (default: the repository's)")


def _event_flags(command: argparse.ArgumentParser) -> None:
    _policy_flag(command)
    command.add_argument(
        "--status", metavar="S", help="how the run ended: success, failure, cancelled, unstable, skipped, or the CI's own word"
    )
    command.add_argument("--facts", metavar="FILE", help="JSON in the event's fields, for what only a plug-in knows")
    command.add_argument("--ci", metavar="NAME", choices=CI_NAMES, help=f"{', '.join(CI_NAMES)} (default: by its variables)")
    group = command.add_argument_group("what the run is about (default: the CI's variables, then the policy)")
    for name, metavar, text in CONTEXT_FLAGS:
        group.add_argument(f"--{name}", metavar=metavar, help=text)
