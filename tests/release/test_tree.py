"""The tree of a release: what it weighs, that it can be built again to the byte, and that it sends where there is no network.

It is built from this checkout, once for the session. That takes the wheels, which are downloaded where TOCSIN_REQUIRE_RUNNERS=1 wants
every test; elsewhere `./dev release` has to have fetched them.
"""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import subprocess
import tarfile
import urllib.request
from pathlib import Path

import boto3
import layout
import pytest
import sizes
import tree
import verify
import wheels
from moto.server import ThreadedMotoServer
from packaging.requirements import Requirement
from runners import require
from scripts import PYTHONS, ROOT, alone, git, script
from servers import Answer, ScriptedServer

LOCKS = sorted((ROOT / "release").glob("*.lock"))
NETWORK = re.compile(r"https?://|index-url|find-links|trusted-host")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_every_version_is_pinned_by_hash_and_no_index_is_named(lock):
    text = lock.read_text(encoding="utf-8")
    assert all(wheels.HASH.search(entry) for entry in re.split(r"\n(?=[a-z])", text)[1:])
    assert not NETWORK.search(text)


def test_the_lock_is_of_what_the_program_needs():
    lock = wheels.entries((ROOT / layout.LOCK).read_text(encoding="utf-8"))
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.search(r"\ndependencies = \[(.*?)\n\]", project, re.DOTALL).group(1) + re.search(r"\nses = \[(.*?)\]", project).group(1)
    for requirement in map(Requirement, re.findall(r'"([^"]+)"', wanted)):
        assert requirement.specifier.contains(re.match(r"[^=]+==(\S+)", lock[requirement.name]).group(1)), f"{requirement}: ./dev lock"


def test_a_lock_that_differs_by_platform_cannot_be_shared():
    with pytest.raises(wheels.Unfit, match="wants colorama for some"):
        wheels.entries('colorama==1.0 ; sys_platform == "win32" \\\n    --hash=sha256:00\n')


@pytest.fixture(scope="session")
def archive(release) -> bytes:
    """What a job downloads."""
    return sizes.archive(release)


def test_a_release_fits_its_budget(archive, release):
    each = [len(sizes.archive(release, f"bytecode of Python {version}")) for version in PYTHONS if version not in layout.BYTECODE_OF_SES]
    missing = max(each, default=2_000_000) * (len(layout.PYTHONS) - len(PYTHONS))  # what the Pythons that are not at hand would add
    assert len(archive) + missing <= layout.BUDGET_BYTES


def test_the_archive_is_the_tree_and_nothing_of_this_machine(archive, release):
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(archive))) as opened:
        members = opened.getmembers()
    assert {member.name for member in members} == {*tree.digests(release), layout.MANIFEST}
    assert {(member.mtime, member.uid, member.uname) for member in members} == {(0, 0, "")}
    for path in release.rglob("*.pyc"):
        assert str(release.parent).encode() not in path.read_bytes()


def test_every_target_has_its_compiled_file(release):
    for target in layout.TARGETS:
        assert (release / layout.VENDOR / f"{layout.COMPILED_FILE}.{target.suffix}").is_file()
    assert sorted(path.suffix for path in release.rglob("*.pyd")) == [".pyd"] * sum("win" in target.platform for target in layout.TARGETS)


def test_a_wheel_that_is_not_the_locks_is_refused(tmp_path):
    (tmp_path / "all").mkdir()
    (tmp_path / "all" / "six-1.17.0-py2.py3-none-any.whl").write_bytes(b"forged")
    with pytest.raises(wheels.Unfit, match="is not the file that the lock names"):
        wheels.lay_out((ROOT / layout.LOCK).read_text(encoding="utf-8"), tmp_path, tmp_path / "vendor")


@pytest.mark.long
def test_a_tag_is_built_again_to_the_byte(release, sources):
    assert script(sources, "tag.py", release, "1.2.3").returncode == 0
    verified = script(sources, "verify.py", "v1.2.3")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert verified.stdout == f"v1.2.3: {len(tree.digests(release))} files, the same bytes as built again\n"
    assert git(sources, "rev-parse", "v1") == git(sources, "rev-parse", "v1.2.3")
    assert git(sources, "status", "--porcelain") == "", "the clone's own index and files are as they were"


TWICE = r"""
import sys; sys.path.insert(0, sys.argv[1])
from bytecode import compiled
source = b"def zebra(animal):\n    return okapi if animal in {'gnu', 'yak'} else None\n"
before = compiled(source, "zoo.py")
known = [sys.intern(word[::-1]) for word in ("ipako", "arbez", "lamina")]  # as if another module had them too
print(compiled(source, "zoo.py") == before)
"""


@pytest.mark.parametrize("python", PYTHONS.values(), ids=PYTHONS.keys())
def test_bytecode_depends_on_the_source_alone(python):
    done = subprocess.run([python, "-I", "-B", "-c", TWICE, str(ROOT / "release")], check=True, capture_output=True, text=True)
    assert done.stdout == "True\n"


def test_what_was_slipped_into_a_release_is_found(copy, release):
    (copy / "vendor" / "six.py").write_text("print('hello')")
    (copy / "vendor" / "extra.pth").write_text("import os")
    (copy / "src" / "tocsin" / "text.py").unlink()
    changed = ["src/tocsin/text.py", "vendor/extra.pth", "vendor/six.py"]
    assert list(verify.tampered(copy)) == [f"{name}: is not as vendor/MANIFEST.json says" for name in changed]
    manifest = json.loads((copy / layout.MANIFEST).read_text())
    (copy / layout.MANIFEST).write_text(json.dumps({**manifest, "files": tree.digests(copy)}))  # who can change a file can change that too
    assert list(verify.tampered(copy)) == []
    assert list(verify.differences(copy, release)) == [
        "src/tocsin/text.py: only built again",
        "vendor/extra.pth: only shipped",
        "vendor/six.py: differs",
    ]


def test_bytecode_of_another_python_is_not_compared_and_does_not_pass(copy, release):
    version, manifest = next(iter(PYTHONS)), json.loads((copy / layout.MANIFEST).read_text())
    manifest["bytecode"][version] = f"{version}.999"
    (copy / layout.MANIFEST).write_text(json.dumps(manifest))
    for path in copy.rglob(f"*.cpython-{version.replace('.', '')}.pyc"):
        path.write_bytes(b"of another Python")
    [said] = verify.differences(copy, release)
    assert said.startswith(f"bytecode of Python {version}: not compared, it was made by {version}.999, and here is {version}.")


def test_what_is_no_release_is_told_so(tmp_path):
    for what, words in ((tmp_path, "is no tree of a release"), ("v0", "neither a folder nor a tag of a release")):
        verified = script(ROOT, "verify.py", what)
        assert verified.returncode == 1
        assert words in verified.stderr


@pytest.fixture
def offline(copy, tmp_path):
    """Run the step from a release by each of these Pythons, in a network of loopback alone where that is allowed."""

    def run(*pythons: str):
        require("node")
        (folder := tmp_path / "runs").mkdir()
        allowed, command = alone("offline.py", copy, folder, *pythons)
        answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert answer.pop("networks") == ["lo"] or not allowed
        return answer

    return run


def test_the_step_sends_without_a_network_and_compiles_nothing(offline, copy, release):
    at_hand = [python for version, python in PYTHONS.items() if loads(release, python)]
    for python, ended in offline(*at_hand).items():
        assert ended["codes"] == [0, 0], ended["said"]
        assert [text.split(" ", 1)[1].split(" · ")[0] for text in ended["taken"]] == [
            "Started: payments on main",
            "Failed: payments on main",
        ], (python, ended["said"])
        assert "installed once" not in "".join(ended["said"])
    assert tree.digests(copy) == tree.digests(release), "a start from cold compiles nothing: all bytecode was there, and was used"


def loads(release: Path, python: str) -> bool:
    """Is this machine among those that the release has a compiled file for?"""
    ask = "import importlib.machinery as m; print(*m.EXTENSION_SUFFIXES)"
    suffixes = subprocess.run([python, "-I", "-c", ask], check=True, capture_output=True, text=True).stdout.split()
    return any((release / layout.VENDOR / f"{layout.COMPILED_FILE}{suffix}").is_file() for suffix in suffixes)


def test_a_python_without_a_compiled_file_is_told_of_and_breaks_nothing(offline, copy):
    for path in copy.rglob(f"{Path(layout.COMPILED_FILE).name}.*"):
        path.unlink()
    [ended] = offline(next(iter(PYTHONS.values()))).values()
    assert ended["codes"] == [0, 0]
    assert ended["taken"] == []
    assert "this release has no compiled packages for this Python: they are installed once" in ended["said"][0]
    assert "::warning title=tocsin::" in ended["said"][0]


POLICY = """\
channels:
  mail: {kind: ses, region: eu-west-1, from: ci@example.com, endpoint_url: "${SES_URL}"KEYS}
notifications: [{on: failure, send_to: {email: dev@example.com, via: mail}}]
"""
KEYS = ', access_key_id: "${ID}", secret_access_key: "${SECRET}"'
START = "import sys; sys.path[:0] = sys.argv[1:3]; from tocsin.cli import main; sys.exit(main(sys.argv[3:]))"
STS = b"""<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials>
<AccessKeyId>ASIAOFTHEROLE000</AccessKeyId><SecretAccessKey>x</SecretAccessKey><SessionToken>t</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"""


def send_mail(copy: Path, folder: Path, python: str, keys: str, env: dict[str, str]) -> None:
    """Send one mail by SES with the packages of a release."""
    (folder / "policy.yml").write_text(POLICY.replace("KEYS", keys))
    words = [python, "-I", "-c", START, str(copy / "src"), str(copy / layout.VENDOR)]
    words += ["send", "completion", "--status", "failure", "--strict", "--policy", "policy.yml", "--app", "payments"]
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_EC2_METADATA_DISABLED": "true", **env}
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def mails(url: str) -> int:
    """How many mails moto has taken."""
    with urllib.request.urlopen(f"{url}/moto-api/data.json") as answer:
        return len(json.load(answer)["ses"].get("RawMessage", ()))


def test_mail_by_ses_needs_no_more_of_botocores_data(copy, release, tmp_path):
    amazon = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    amazon.start()
    url = "http://{}:{}".format(*amazon.get_host_and_port())
    account = boto3.client("ses", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    account.verify_email_identity(EmailAddress="ci@example.com")
    account.close()
    (tmp_path / "token").write_text("eyJ0b2tlbg")
    role = {"AWS_ROLE_ARN": "arn:aws:iam::123456789012:role/ci", "AWS_WEB_IDENTITY_TOKEN_FILE": str(tmp_path / "token")}
    pythons = [python for python in PYTHONS.values() if loads(release, python)]
    before = mails(url)  # moto keeps one account for the whole process
    with ScriptedServer(Answer(200, STS, {"Content-Type": "text/xml"})) as sts:
        for python in pythons:
            send_mail(copy, tmp_path, python, KEYS, {"SES_URL": url, "ID": "AKIAEXAMPLE0000000", "SECRET": "SECRETKEY"})
            send_mail(copy, tmp_path, python, "", {"SES_URL": url, "AWS_ENDPOINT_URL_STS": sts.url(""), **role})
    assert mails(url) - before == 2 * len(pythons)
    amazon.stop()
    assert len(sts.requests) == len(pythons)
