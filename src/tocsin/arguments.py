"""The words of the command line."""

from __future__ import annotations

import argparse
from typing import NoReturn

from tocsin import __version__
from tocsin.errors import UsageError

DESCRIPTION = """\
CI/CD notifications as code: one policy file says who hears of which pipeline,
and this program tells them, in GitHub Actions, GitLab CI and Jenkins.
"""
EPILOG = """\
Start here:
  tocsin demo                               see a pipeline's messages on your own machine
  tocsin check                              is the policy right?
  tocsin explain completion --status failure   who would hear of a failure, and why

exit codes: 0 done, 1 a delivery failed under --strict, 2 usage, 3 policy invalid
or missing, 4 no context, 70 a defect of tocsin, 130 and 143 interrupted
"""
HOOKS = ("trigger", "completion")
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


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage().strip()}\nTry: {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """The parser; `command` names what was asked for."""
    top = _Parser(prog="tocsin", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    top.add_argument("--version", action="version", version=f"tocsin {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _send(commands.add_parser("send", help="send what the policy asks for at this hook", description="Send what the policy asks for."))
    _check(commands.add_parser("check", help="validate a policy: every error at once, with its line", description="Validate policies."))
    _context(commands.add_parser("context", help="show what this CI says of this run, and where each value came from"))
    _explain(commands.add_parser("explain", help="show why each rule matches or not, and who would get what"))
    _channels(commands.add_parser("channels", help="list the channels, or send a test message through one"))
    _schema(commands.add_parser("schema", help="print the policy's JSON Schema, for an editor"))
    _demo(commands.add_parser("demo", help="send a sample pipeline's messages to a local inbox and show them"))
    _inbox(commands.add_parser("inbox", help="run a local inbox with a web page: HTTP, SMTP and the SES API"))
    return top


def _send(command: argparse.ArgumentParser) -> None:
    command.add_argument("hook", choices=HOOKS, help="trigger: the pipeline starts; completion: it has ended")
    _event_flags(command)
    command.add_argument("--dry-run", action="store_true", help="do everything but send")
    command.add_argument("--strict", action="store_true", default=None, help="exit with 1 where a delivery fails or a variable is missing")
    command.add_argument("--report", metavar="FILE", help="write the outcome of every delivery to FILE, as JSON")


def _check(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", metavar="FILE", help="a policy, or - for standard input (default: the repository's)")
    command.add_argument("--format", choices=("text", "json", "github", "gitlab"), default="text", help="how problems are printed")


def _context(command: argparse.ArgumentParser) -> None:
    command.description = "Show the event as this CI gives it. With a status it is a completion, else a trigger."
    command.add_argument("hook", choices=HOOKS, nargs="?", help="the hook")
    _event_flags(command)
    command.add_argument("--json", action="store_true", help="print the event as JSON")


def _explain(command: argparse.ArgumentParser) -> None:
    command.description = "Show for every rule whether it matches and by which key not, and for every destination who gets what."
    command.add_argument("hook", choices=HOOKS, help="the hook")
    _event_flags(command)
    command.add_argument("--json", action="store_true", help="print the explanation as JSON")


def _channels(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what is configured, and which variables are missing")
    testing = actions.add_parser("test", help="send one test message through the real thing")
    testing.add_argument("name", metavar="NAME", help="the channel's name in the policy")
    testing.add_argument("--to", metavar="ADDRESS", help="the recipient, for an email channel")
    listing.add_argument("--json", action="store_true", help="print the list as JSON")
    for action in (listing, testing):
        _policy_flag(action)


def _schema(command: argparse.ArgumentParser) -> None:
    command.description = "Print the policy's JSON Schema. Editors that know YAML complete and check policies by it."


def _demo(command: argparse.ArgumentParser) -> None:
    command.description = "Start a local inbox, send a sample pipeline's messages to all kinds of channel, and show what arrived."
    command.add_argument("--once", action="store_true", help="exit after the table (the default where standard output is no terminal)")
    command.add_argument("--port", type=int, default=0, metavar="N", help="the page's port (default: any free one)")


def _inbox(command: argparse.ArgumentParser) -> None:
    command.description = "Run a local inbox: point channels at it and see what they send. Everything stays on this machine."
    command.add_argument("--port", type=int, default=8025, metavar="N", help="the port for HTTP and the page (default: %(default)s)")
    command.add_argument("--smtp-port", type=int, default=1025, metavar="N", help="the port for SMTP (default: %(default)s)")


def _policy_flag(command: argparse.ArgumentParser) -> None:
    command.add_argument("--policy", metavar="FILE", help="the policy, or - for standard input (default: the repository's)")


def _event_flags(command: argparse.ArgumentParser) -> None:
    _policy_flag(command)
    command.add_argument(
        "--status", metavar="S", help="how the run ended: success, failure, cancelled, unstable, skipped, or the CI's own word"
    )
    command.add_argument("--facts", metavar="FILE", help="JSON in the event's fields, for what only a plug-in knows")
    command.add_argument("--ci", choices=("github", "gitlab", "jenkins", "generic"), help="the CI (default: by its variables)")
    group = command.add_argument_group("what the run is about (default: the CI's variables, then the policy)")
    for name, metavar, text in CONTEXT_FLAGS:
        group.add_argument(f"--{name}", metavar=metavar, help=text)
