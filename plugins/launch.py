"""Run tocsin on a runner: the one on PATH, else one that is installed once into a cache, with every file's hash checked.

    python3 -I -X utf8 launch.py WORDS...        the words are those of the command `tocsin`

TOCSIN_VERSION  what to install: 1.2.3@sha256:HEX, 1.2.3, a wheel's address or path, which may end in #sha256=HEX, or a state of
                the sources as git+https://HOST/PATH@COMMIT, where a branch or a tag may stand for the commit
TOCSIN_CACHE    the folder to keep it in (default: tocsin in the user's cache folder)

The wheel carries the lock of its packages, so the wheel's hash pins all of them. So does a commit's id: git holds all files against
it, and nothing is built, since the sources are the program. A branch or a tag is asked for at each start. pip finds packages as it
is set up to, by its configuration and PIP_* variables: a mirror, a folder, a proxy. The folder's name is the hash of what decides
its contents, so a folder that is there is right, and complete: it is filled under another name and renamed. Of two jobs that do so
at once, one renames and the other uses that. This file is read by the oldest Pythons too, to tell them that they are too old.

The checkout may be a stranger's. So no program, no cache, no configuration of pip's, and nothing without a hash, is taken from it.
"""

import os
import re
import sys

OLDEST = (3, 10)
DEFECT = 70  # nothing can be sent, and it is no result of the job's
LOCK = "tocsin/requirements.lock"  # in the wheel
HASHED = re.compile(r"(?P<name>.+?)(?:@sha256:|#sha256=)(?P<digest>[0-9a-f]{64})\Z")
UNRELEASED = "unreleased"  # what plug-ins say that are of no release
SOURCES_OF_GIT = re.compile(r"git\+(?P<address>https?://[^/\s]+/[^\s@?#]+)@(?P<ref>[0-9A-Za-z][0-9A-Za-z_./+-]*)\Z")
COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]*\Z")
WHEEL = r"(?:.*[/\\])?tocsin-[^/\\]+-none-any\.whl"
ADDRESS = re.compile(r"(?:https?|file)://(?!.*\s)" + WHEEL + r"(?:\?.*)?\Z")
PATH = re.compile(WHEEL + r"\Z")
UNFINISHED = ".new-"  # begins the names of folders that are being filled
SECONDS_OF_PIP = 120  # for one run of it, or of git: a job is not held up for long by a server that does not answer
SECONDS_UNFINISHED = 3600  # then whoever filled it is no more
WITHOUT = {  # settings of pip's that would forbid, or turn into another folder, what is done here
    "PIP_REQUIRE_VIRTUALENV": "0",
    "PIP_USER": "0",
    "PIP_CONSTRAINT": "",
    "PIP_NO_CACHE_DIR": "1",  # whoever can write into it decides what is installed, for all the hashes
    "PIP_ROOT_USER_ACTION": "ignore",
}
CHECKOUTS = ("CI_PROJECT_DIR", "WORKSPACE", "GITHUB_WORKSPACE")  # the folder that each CI checks the repository out into
# Where pip, what it is made of, and git look for files that say what to install from where, or what to run.
PLACES = ("HOME", "USERPROFILE", "APPDATA", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "NETRC", "PIP_CONFIG_FILE", "PIP_PYTHON") + (
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_EXEC_PATH",
    "GIT_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
)
# What makes git work on a repository of the job's instead of one of its own.
REPOSITORY = ("GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES")
# Where it takes packages from, and whom it believes: any place will do for what has a hash.
SOURCES = (
    "PIP_FIND_LINKS",
    "PIP_INDEX_URL",
    "PIP_EXTRA_INDEX_URL",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_REQUIREMENT",
    "PIP_TARGET",
    "PIP_PREFIX",
)
AUTHORITIES = ("PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def main():
    """Become the program. What goes wrong before it is one line, and ends with 70."""
    try:
        if "PATH" in os.environ:
            os.environ["PATH"] = os.pathsep.join(outside(os.environ["PATH"].split(os.pathsep)))
        program = on_path()
        if program:
            run([program] + sys.argv[1:])
        refuse_old()
        sys.path.insert(0, installed(os.environ.get("TOCSIN_VERSION", "").strip()))
        sys.argv[0] = "tocsin"
        from tocsin.__main__ import entry
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # whatever it is, it is no result of the job's
        sys.stderr.write("tocsin: error: nothing is sent: {}\n".format(" ".join(str(error).split())))
        sys.exit(DEFECT)
    entry()


def on_path():
    """The program in a folder of PATH, which names none of the repository's any more."""
    for folder in filter(None, os.environ.get("PATH", "").split(os.pathsep)):
        program = os.path.join(folder, "tocsin.exe" if os.name == "nt" else "tocsin")
        if os.path.isfile(program) and os.access(program, os.X_OK) and not in_checkout(program):
            return program
    return None


def outside(folders):
    """Those of PATH's folders that the repository cannot fill: none that is relative or empty, none in the checkout."""
    return [folder for folder in folders if os.path.isabs(folder) and not in_checkout(folder)]


def in_checkout(path):
    """Whether a path, or what it leads to by links, is the repository's own. The file system's root is no checkout."""
    roots = [resolve(root) for root in checkouts() for resolve in (os.path.abspath, os.path.realpath)]
    places = set(map(os.path.normcase, roots)) - {os.path.abspath(os.sep)}
    known = set(map(identity, places)) - {None}
    for named in (os.path.abspath(path), os.path.realpath(path)):
        place = named
        while os.path.dirname(place) != place:
            if os.path.normcase(place) in places or identity(place) in known:
                return True
            place = os.path.dirname(place)
    return False


def checkouts():
    """The folders with the repository's files: what the CI names, and each one with .git from here upward, else this one.

    All count: what a job unpacks may bring a .git, and so a nearer root.
    """
    found = [os.environ[name] for name in CHECKOUTS if os.environ.get(name)]
    try:
        here = above = os.getcwd()
    except OSError:  # it is gone
        return found
    roots = []
    while True:
        if os.path.exists(os.path.join(above, ".git")):
            roots.append(above)
        if os.path.dirname(above) == above:
            break
        above = os.path.dirname(above)
    return found + (roots or ([] if here == os.path.expanduser("~") else [here]))


def identity(path):
    """What a folder is by any name, such as another mount of it; None where that cannot be told."""
    try:
        seen = os.stat(path)
    except (OSError, ValueError):
        return None
    return (seen.st_dev, seen.st_ino) if seen.st_ino else None


def run(command):
    """Hand over to another program; where a process cannot become another, wait for it. Raises RuntimeError."""
    try:
        if os.name != "nt":
            os.execv(command[0], command)
        import subprocess

        sys.exit(subprocess.call(command))
    except OSError as error:
        raise RuntimeError("{}, which is on PATH, cannot be run: {}".format(command[0], error.strerror))


def refuse_old():
    """Raise RuntimeError in a Python that the program does not run in."""
    if sys.version_info < OLDEST:
        found = ".".join(map(str, sys.version_info[:3]))
        raise RuntimeError("Python 3.10 or later is needed, and {} is {}: install one, or put tocsin on PATH".format(sys.executable, found))


def installed(wanted):
    """The folder with the program and its packages. Raises RuntimeError."""
    requirement = required(wanted)
    cache = os.path.realpath(place_to_keep())
    folder = os.path.join(cache, key(requirement))
    try:
        if os.path.isdir(cache):
            refuse_others(cache)
        if not os.path.isdir(folder):
            sys.stderr.write("tocsin: notice: installing {} once, into {}\n".format(shown(wanted), folder))
            sys.stderr.flush()
            fill(folder, lambda place, target: install(requirement, place, target))
        refuse_others(cache)
    except OSError as error:
        raise RuntimeError("{} cannot be filled: {}: name another folder by TOCSIN_CACHE".format(cache, error))
    refuse_others(folder)
    return folder


def required(wanted):
    """The version as pip's requirement. Raises RuntimeError."""
    if wanted == UNRELEASED:
        raise RuntimeError(
            "this copy of the plug-in is of no release, so it does not know which tocsin to install: take that of a release, "
            "put tocsin on PATH, or name a version by TOCSIN_VERSION, such as git+https://HOST/PATH@main"
        )
    source = SOURCES_OF_GIT.match(wanted)
    if source:
        return "git+{}@{}".format(source.group("address"), commit_of(source.group("address"), source.group("ref")))
    found = HASHED.match(wanted)
    name, digest = (found.group("name"), found.group("digest")) if found else (wanted, "")
    if VERSION.match(name):
        return "tocsin=={}{}".format(name, " --hash=sha256:" + digest if digest else "")
    if ADDRESS.match(name):
        if name.startswith("http:") and not digest:
            raise RuntimeError("a wheel that comes without TLS needs its hash: end TOCSIN_VERSION in #sha256=HASH")
        if name.startswith("file:") and not digest:
            refuse_checkout(name)
        return "tocsin @ {}{}".format(name, "#sha256=" + digest if digest else "")
    if "://" not in name and PATH.match(name):
        import hashlib
        import pathlib

        path = pathlib.Path(name).absolute()
        if not digest:
            refuse_checkout(name)
        try:
            digest = digest or hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise RuntimeError("TOCSIN_VERSION names a wheel that cannot be read: {}".format(error))
        return "tocsin @ {}#sha256={}".format(path.as_uri(), digest)
    raise RuntimeError(
        "TOCSIN_VERSION is {}: write 1.2.3, 1.2.3@sha256:HASH, the address or path of tocsin's wheel, or git+https://HOST/PATH@COMMIT".format(
            "{!r}, which is no version".format(shown(wanted)) if wanted else "not set"
        )
    )


def refuse_checkout(name):
    """Raise RuntimeError for a wheel of the repository's own: without a hash it is whatever somebody put there."""
    if any(in_checkout(path) for path in paths(name)):
        raise RuntimeError("a wheel that lies in the checkout needs its hash: end TOCSIN_VERSION in #sha256=HASH")


def paths(text):
    """The paths that a setting may name: all of it, or each of its words, with `file:` in front or without."""
    from urllib.parse import urlsplit
    from urllib.request import url2pathname

    for word in [text] + text.split():
        if word.lower().startswith("file:"):
            yield url2pathname(urlsplit(word).path)
        elif "://" not in word:
            yield os.path.expanduser(word)


def shown(wanted):
    """A version for the log: without its hash, and of an address only the file."""
    return re.split(r"[@?#]", re.split(r"[/\\]", wanted)[-1])[0][:60]


def place_to_keep():
    """The folder for what is installed: the one that is named, else the user's, but never one of the checkout. Raises RuntimeError."""
    passed = []
    for folder in filter(None, [os.environ.get("TOCSIN_CACHE")] + user_caches()):
        if not in_checkout(folder):
            break
        passed.append(folder)
    else:
        raise RuntimeError("every place to keep tocsin lies in the checkout: name a folder outside of it by TOCSIN_CACHE")
    if passed:
        text = "tocsin: notice: {} lies in the checkout, where the repository could bring its own program: {} keeps tocsin instead\n"
        sys.stderr.write(text.format(passed[0], folder))
    return folder


def user_caches():
    """Where a user's caches are, the first choice first. A user without a home folder to write to has them among the temporary files."""
    import tempfile

    given = os.environ.get("LOCALAPPDATA" if os.name == "nt" else "XDG_CACHE_HOME")
    found = [os.path.join(given, "tocsin")] if given and os.path.isabs(given) else []
    home = os.path.expanduser("~")
    if os.access(home, os.W_OK):
        found.append(os.path.join(home, ".cache", "tocsin"))
    name = "tocsin" if os.name == "nt" else "tocsin-{}".format(os.geteuid())
    return found + [os.path.join(folder, name) for folder in (tempfile.gettempdir(), "/tmp", "/var/tmp") if os.path.isdir(folder)]


def key(what):
    """The name of a folder with packages: the hash of what is wanted, and of what compiled packages depend on."""
    import hashlib
    import importlib.machinery
    import platform

    parts = (what, importlib.machinery.EXTENSION_SUFFIXES[0], platform.machine(), libc())
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def libc():
    """`glibc`, or nothing: some Pythons call themselves the same on musl."""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION").split()[0]
    except (AttributeError, OSError, ValueError):
        return ""


def refuse_others(folder, setting="TOCSIN_CACHE"):
    """Whoever can write to a folder decides what runs from it. Raises RuntimeError where that is not this user or the machine's."""
    if os.name == "nt":
        return
    import stat

    seen = os.lstat(folder)
    open_to_all = seen.st_mode & stat.S_IWOTH and not seen.st_mode & stat.S_ISVTX
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid not in (0, os.geteuid()) or open_to_all:
        raise RuntimeError("{} is another user's, or all can write to it: delete it, or name another folder by {}".format(folder, setting))


def fill(folder, install_into):
    """Fill a folder beside the real one and give it its name; `install_into` gets a folder to work in and the one to fill."""
    import shutil
    import tempfile
    import time

    parent = os.path.dirname(folder)
    before = os.umask(0o077)
    os.umask(before | 0o022)  # containers like to have none, and what all can write to is refused
    try:
        os.makedirs(parent, exist_ok=True)
        for entry in list(os.scandir(parent)):
            try:
                if entry.name.startswith(UNFINISHED) and entry.stat().st_mtime < time.time() - SECONDS_UNFINISHED:
                    shutil.rmtree(entry.path)
            except OSError:
                continue  # another job tidies up as well
        with tempfile.TemporaryDirectory(dir=parent, prefix=UNFINISHED, ignore_cleanup_errors=True) as place:
            target = os.path.join(place, "packages")
            install_into(place, target)
            try:
                os.rename(target, folder)
            except OSError:
                if not os.path.isdir(folder):  # else another job was faster
                    raise
    finally:
        os.umask(before)


def install(requirement, place, target):
    """The program's files by a hash, and by the lock that goes with them its packages by theirs. Raises OSError, RuntimeError."""
    import signal
    import zipfile

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that pip ends too, and what is unfinished goes
    get = fetched if requirement.startswith("git+") else downloaded
    environment = surroundings(place, hashed="sha256" in requirement or get is fetched)
    packed, lock = get(requirement, place, environment)
    listed = os.path.join(place, "wanted.txt")
    write(listed, lock)
    pip_install(("--only-binary=:all:", "--no-deps", "--require-hashes", "-r", listed), place, target, environment)
    with zipfile.ZipFile(packed) as opened:
        opened.extractall(target, [name for name in opened.namelist() if name.startswith("tocsin/")])


def downloaded(requirement, place, environment):
    """The wheel, by pip, and the lock in it. Raises OSError, RuntimeError."""
    import zipfile

    listed = os.path.join(place, "wanted.txt")
    write(listed, requirement)
    needed = ("download", "--only-binary=:all:", "--no-deps", "--dest", place, "-r", listed)
    pip(needed + ("--require-hashes",) * ("sha256" in requirement), place, environment)
    [wheel] = [name for name in os.listdir(place) if name.endswith(".whl")]
    with zipfile.ZipFile(os.path.join(place, wheel)) as opened:
        if LOCK not in opened.namelist():
            raise RuntimeError("{} carries no lock of its packages: take the wheel of a release".format(wheel))
        return opened.filename, opened.read(LOCK).decode("utf-8")


def fetched(requirement, place, environment):
    """The program's files and the lock of a commit, by git, which holds each object against its id. Raises RuntimeError."""
    address, _, commit = requirement[len("git+") :].rpartition("@")
    repository, packed = os.path.join(place, "sources"), os.path.join(place, "sources.zip")
    git(("init", "--quiet", "--bare", "--template=", repository), place, environment)
    inside = ("--git-dir", repository)
    git(inside + ("fetch", "--quiet", "--depth=1", "--no-tags", address, commit), place, environment)
    git(inside + ("archive", "--format=zip", "--output", packed, commit + ":src", "tocsin"), place, environment)
    return packed, git(inside + ("show", commit + ":release/requirements.lock"), place, environment)


def commit_of(address, ref):
    """The commit that a branch or a tag names now; the id of a commit as it is. Raises RuntimeError."""
    if COMMIT.match(ref):
        return ref
    if address.startswith("http:"):
        raise RuntimeError("sources that come without TLS need a commit's id: end TOCSIN_VERSION in @ and its 40 characters")
    import tempfile

    names = ["refs/tags/{}^{{}}".format(ref), "refs/tags/" + ref, "refs/heads/" + ref]  # of an annotated tag, what it stands for
    with tempfile.TemporaryDirectory() as place:
        said = git(("ls-remote", address) + tuple(names), place, surroundings(place, hashed=True))
    found = dict(reversed(line.split("\t")) for line in said.splitlines() if "\t" in line)
    commits = [found[name] for name in names if name in found]
    if not commits:
        raise RuntimeError("the repository that TOCSIN_VERSION names has no branch or tag {}".format(ref))
    return commits[0]


def git(words, place, environment):
    """What git prints, which works in `place` and on no repository of the job's. Raises RuntimeError."""
    import shutil

    program = shutil.which("git", path=environment.get("PATH", os.defpath))
    if not program:
        raise RuntimeError(
            "TOCSIN_VERSION names sources of git, and there is no git here: use an image with git, or the wheel of a release"
        )
    kept = {name: environment[name] for name in environment if name not in REPOSITORY}
    kept.update(GIT_TERMINAL_PROMPT="0", GIT_CEILING_DIRECTORIES=os.path.dirname(place), LC_ALL="C")
    code, out, err = ended((program,) + words, kept, place, "the server", cwd=place)
    if code:
        sys.stderr.write("".join(line + "\n" for line in err.splitlines()[-3:]))
        raise RuntimeError("git could not fetch tocsin, see its lines above: is the server within reach, and is there such a repository?")
    return out


def surroundings(place, hashed):
    """The environment for pip and git. Raises RuntimeError."""
    environment = settings(place, hashed)
    environment.update(trusting(place, environment))
    return environment


def settings(place, hashed):
    """The environment for pip and git, which read nothing of the checkout's that could say what is run, or installed without a hash."""
    kept = dict(os.environ)
    for name in os.environ:
        text = os.environ[name].replace(os.pathsep, " ") if name == "XDG_CONFIG_DIRS" else os.environ[name]
        asked = name in PLACES or (name in SOURCES and not hashed)
        if asked and any(in_checkout(path) for path in paths(text)):
            del kept[name]
            if name.startswith(("PIP_", "GIT_")):
                sys.stderr.write("tocsin: notice: {} names a place in the checkout: it is not used\n".format(name))
    return dict(kept, HOME=place) if "HOME" in os.environ and "HOME" not in kept else kept


def pip_install(wanted, place, target, environment=None):
    """Install packages into a folder. Bytecode is left to the first run, which writes what it needs. Raises RuntimeError."""
    import shutil

    pip(
        ("install", "--no-compile", "--no-warn-script-location", "--target", target) + tuple(wanted),
        place,
        environment or settings(place, "--require-hashes" in wanted),
    )
    shutil.rmtree(os.path.join(target, "bin"), ignore_errors=True)  # scripts that nobody runs


def pip(words, place, environment):
    """Run pip; where it fails, its words go to standard error. Its own temporary files are in `place`. Raises RuntimeError."""
    import importlib.util

    if not importlib.util.find_spec("pip"):
        raise RuntimeError(
            "{} has no pip to install tocsin with: install pip (Debian: python3-pip), or tocsin itself".format(sys.executable)
        )
    command = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet") + words
    code, out, err = ended(command, dict(environment, **WITHOUT), place, "the package index")
    if code:
        sys.stderr.write(without_traces(out + err))
        raise RuntimeError(
            "pip could not install tocsin, see its lines above. It needs a package index, or wheels in PIP_FIND_LINKS, with the files "
            "that the hashes name; or put tocsin on PATH"
        )


def ended(command, environment, place, server, cwd=None):
    """How pip or git ended, and what it printed. Its temporary files are in `place`. Raises RuntimeError."""
    import subprocess

    try:
        done = subprocess.run(
            command,
            check=False,
            cwd=cwd,
            env=dict(environment, TMPDIR=place, TEMP=place, TMP=place),
            timeout=SECONDS_OF_PIP,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
    except subprocess.TimeoutExpired:
        name = "pip" if "pip" in command else "git"
        raise RuntimeError("{} took more than {} s: is {}, or its proxy, within reach?".format(name, SECONDS_OF_PIP, server))
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def without_traces(text):
    """What pip said, of its own errors only the last line: some versions show where in their code a certificate was refused."""
    kept, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("Traceback (") or (inside and (line[:1] in " \t" or line.startswith(("During handling", "The above"))))
        if not inside and line.strip():
            kept.append(line + "\n")
    return "".join(kept)


def trusting(place, environment):
    """The setting of pip by which TOCSIN_CA_FILE counts beside the authorities that pip trusts already. Raises RuntimeError."""
    private = os.environ.get("TOCSIN_CA_FILE")
    if not private:
        return {}
    known = [os.environ[name] for name in AUTHORITIES if os.environ.get(name)]
    if not known:  # `pip config get` finds it in some versions alone
        said = ask(environment, "-m", "pip", "config", "list")
        known = [line.partition("=")[2].strip("'\"") for line in said if line.startswith("global.cert=")][-1:]
    known = known or ask(environment, "-c", "from pip._vendor import certifi; print(certifi.where())")
    bundle = os.path.join(place, "authorities.pem")
    try:
        with open(bundle, "wb") as all_of_them:
            for path in known[:1] + [private]:
                with open(path, "rb") as file:
                    all_of_them.write(file.read() + b"\n")
    except OSError as error:
        raise RuntimeError("TOCSIN_CA_FILE cannot be put beside the authorities of pip: {}".format(error))
    return {"PIP_CERT": bundle, "GIT_SSL_CAINFO": environment.get("GIT_SSL_CAINFO") or bundle}


def ask(environment, *words):
    """What this Python answers, in lines; none where it cannot."""
    import subprocess

    command = (sys.executable, "-I") + words
    done = subprocess.run(
        command, check=False, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    return [] if done.returncode else done.stdout.splitlines()


def write(path, text):
    """Write a text file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text + "\n")


if __name__ == "__main__":
    main()
