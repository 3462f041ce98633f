"""The shared library in Jenkins's own interpreter, in its sandbox, and in plain Groovy: the cases of cases.yml."""

from __future__ import annotations

import re
import shlex
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from builds import World, filled, load, messages, wrong
from conversing import ONE, REFUSED, TWO, Conversing
from jvm import LIBRARY, ROOT, tools
from mail_servers import Mailbox
from servers import Answer, ScriptedServer

PASSWORD = "p4ss s3cr3t"
QUOTED = ("channel", "to")  # parameters of tocsinTest


class Servers:
    """Slack and a webhook that take every message, a Slack that takes none, and a mail server that wants a password."""

    def __init__(self, server: ScriptedServer, gone: ScriptedServer, mailbox: Mailbox, authority: str, services: Conversing) -> None:
        self.server, self.mailbox, self.services = server, mailbox, services
        self.values = {
            "slack": server.url().rstrip("/"),
            "gone": gone.url().rstrip("/"),
            "smtp": str(mailbox.port),
            "authority": authority,
            "conversing": services.policy,
            "conversing_credentials": ", ".join(f"string:{name}:{name}" for name in services.secrets),
            **services.secrets,
        }


@pytest.fixture
def servers() -> Iterator[Servers]:
    """All of them, for one JVM."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    with (
        ScriptedServer(Answer(200, b"ok")) as server,
        ScriptedServer(Answer(404, b"no_service")) as gone,
        Mailbox(starttls=context, login=("ci", PASSWORD)) as mailbox,
        Conversing() as services,
    ):
        services.refuse()  # the first build that changes a message
        yield Servers(server, gone, mailbox, authority.cert_pem.bytes().decode(), services)


@pytest.mark.long
@pytest.mark.timeout(600)  # seconds: all builds of an engine, one after the other
@pytest.mark.filterwarnings("ignore:Session.login_data is deprecated")
@pytest.mark.parametrize("engine", ["cps", "sandbox", "plain"])
def test_every_case(harness, servers: Servers, engine: str, tmp_path: Path, quick):
    cases = load(engine)
    world = World(
        tmp_path / "builds", servers.values, tools(tmp_path, f"{shlex.join(quick)} tocsin")
    )  # a freestyle job starts it as an agent does
    ran, unused = harness.run(engine, [world.build(case) for case in cases], tmp_path)
    problems = []
    for case in cases:
        name = case["name"]
        case["log"] = [words for part in case.get("log", []) for words in (REFUSED if part == "<refused>" else [part])]
        folder = tmp_path / "builds" / name.replace(" ", "-")
        told, events = messages(servers.server.requests, name)
        found = wrong(filled(case, {"folder": str(folder)}), ran[name], told, events, folder)
        problems += [f"{name}: {problem}\n{ran[name].log}{ran[name].where}" for problem in found]
        if engine != "plain" and ran[name].frozen <= ran[name].steps:
            problems.append(f"{name}: the program was not frozen at each step")
    assert not problems, "\n".join(problems)
    two_builds = {name: signs + ONE for name, signs in servers.services.each(TWO).items()}
    assert servers.services.told() == two_builds
    assert unused == []  # the sandbox's list holds nothing that the library does not need
    mail = servers.mailbox
    assert [(one.recipient, one.tls) for one in mail.mails] == [("dev@example.com", True)]
    assert {login[1:] for login in mail.logins} == {("ci", PASSWORD)}
    batches = [batch for one in ran.values() for batch in one.batches]
    assert [batch["script"] for batch in batches] == [batches[0]["script"]] * 2
    assert "pay" not in batches[0]["script"]
    assert batches[0]["env"]["TOCSIN_APP"] == "pay & del"
    assert batches[0]["env"]["TOCSIN_TESTS"] == "a/*.xml\nb.xml"
    assert batches[0]["env"]["SLACK_WEBHOOK_URL"].endswith("s3cr3t")


def test_the_first_build_on_an_agent_installs_the_program(harness, servers: Servers, wheelhouse, tmp_path: Path):
    """What happens where two do it at once is the launcher's: tests/release/test_launch.py."""
    cache = tmp_path / "cache"
    world = World(tmp_path / "builds", servers.values, tools(tmp_path))
    agents = {"": {"tools": "python", "env": wheelhouse.env(cache)}}
    cases = [{"name": name, "script": "node { tocsin(status: 'FAILURE') }", "agents": agents} for name in ("first", "second")]
    ran, _ = harness.run("plain", [world.build(case) for case in cases], tmp_path)
    for name, said in {"first": ["tocsin: notice: installing"], "second": []}.items():
        assert (ran[name].result, ran[name].thrown) == ("SUCCESS", None)
        assert messages(servers.server.requests, name)[0][0].startswith("❌ Failed: payments on main"), ran[name].log
        assert [line[: len("tocsin: notice: installing")] for line in ran[name].said] == said
    assert len(list(cache.iterdir())) == 1


def test_the_help_of_the_steps_names_every_parameter():
    options = (LIBRARY / "src/io/tocsin/Options.groovy").read_text(encoding="utf-8")
    passed_on = re.findall(r"(\w+): 'TOCSIN_", options)
    others = re.findall(r"'(\w+)'", re.search(r"OTHERS = \[(.*?)\]", options, re.DOTALL)[1])
    page, text = ((ROOT / name).read_text(encoding="utf-8") for name in ("docs/jenkins.md", "plugins/jenkins/vars/tocsin.txt"))
    for name in [*passed_on, *others, "trigger"]:
        assert f"| `{name}` |" in page
        assert name in ("trigger", *QUOTED) or re.search(rf"\b{name}\b", text)


def test_a_freestyle_job(servers: Servers, tmp_path: Path):
    world = World(tmp_path, servers.values, tools(tmp_path))
    built = world.build({"name": "freestyle", "script": ""})
    agent = built["agents"][""]
    env = {**agent["env"], **built["env"], "BUILD_RESULT": "UNSTABLE", "SLACK_WEBHOOK_URL": servers.server.url("/freestyle/x")}
    script = ROOT / "examples" / "jenkins" / "freestyle.sh"
    done = subprocess.run(["/bin/sh", "-xe", script], cwd=agent["workspace"], env=env, capture_output=True, text=True, check=True)
    assert messages(servers.server.requests, "freestyle")[0][0].startswith("⚠️ Unstable: payments on main"), done


def test_the_messages_that_the_docs_list_are_said_somewhere():
    files = [*LIBRARY.rglob("*.groovy"), LIBRARY.parent / "launch.py", *(ROOT / "src" / "tocsin").rglob("*.py")]
    sources = " ".join(path.read_text(encoding="utf-8") for path in files)
    sources = re.sub(r"""["'] \+\s+["']|["']\s+f?["']""", "", sources)
    page = (ROOT / "docs" / "jenkins.md").read_text(encoding="utf-8").partition("## Troubleshooting by message")[2]
    for row in re.findall(r"^\| (`.*?) \|", page, re.MULTILINE):
        if ", Jenkins's" not in row and "No such DSL method" not in row:
            for part in re.split("`, `|…", row.strip("`")):
                assert part.strip(" ,`") in sources, part
