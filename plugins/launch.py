"""Run tocsin on a runner: the one on PATH, else one that is installed once into a cache, with every file's hash checked.

    python3 -I -X utf8 launch.py WORDS...        the words are those of the command `tocsin`

TOCSIN_VERSION  what to install: 1.2.3@sha256:HEX, 1.2.3, or a wheel's address, which may end in #sha256=HEX
TOCSIN_CACHE    the folder to keep it in (default: tocsin in the user's cache folder)

The wheel carries the lock of its packages, so the wheel's hash pins all of them. pip finds them as it is set up to, by its
configuration and PIP_* variables: a mirror, a folder, a proxy. The folder's name is the hash of what decides its contents, so
a folder that is there is right, and complete: it is filled under another name and renamed. Of two jobs that do so at once, one
renames and the other uses that. This file is read by the oldest Pythons too, to tell them that they are too old.
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
import zipfile

OLDEST = (3, 10)
DEFECT = 70  # nothing can be sent, and it is no result of the job's
LOCK = "tocsin/requirements.lock"  # in the wheel
MAIN = "from tocsin.__main__ import entry\n\nentry()\n"
PIP = (sys.executable, "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")
HASHED = re.compile("(?P<name>.+?)(?:@sha256:|#sha256=)(?P<hash>[0-9a-f]{64})$")
VERSION = re.compile(r"[0-9][0-9A-Za-z.+!-]*$")


def main():
    """Become the program. What goes wrong before it is one line, and ends with 70."""
    try:
        words = sys.argv[1:]
        if sys.version_info < OLDEST:
            stop("Python 3.10 or later is needed, and {} is {}: install one, or tocsin itself".format(sys.executable, platform.python_version()))
        import shutil

        program = shutil.which("tocsin")
        if program:
            run([program] + words)
        sys.path.insert(0, installed(os.environ.get("TOCSIN_VERSION", "").strip()))
        sys.argv = ["tocsin"] + words
        from tocsin.__main__ import entry
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, RuntimeError, ImportError, zipfile.BadZipFile) as error:
        stop(error)
    entry()


def stop(why):
    """Say in one line why nothing is sent."""
    sys.stderr.write("tocsin: error: nothing is sent: {}\n".format(" ".join(str(why).split())))
    sys.exit(DEFECT)


def run(command):
    """Hand over to another program; where a process cannot become another, wait for it."""
    if os.name != "nt":
        os.execv(command[0], command)
    sys.exit(subprocess.call(command))


def installed(wanted):
    """The folder with the program and its packages. Raises OSError, RuntimeError."""
    cache = os.environ.get("TOCSIN_CACHE") or os.path.join(user_cache(), "tocsin")
    parts = (wanted, sys.implementation.cache_tag, sys.platform, platform.machine())
    folder = os.path.join(cache, hashlib.sha256(repr(parts).encode()).hexdigest()[:16])
    if os.path.isdir(folder):
        return folder
    requirement = required(wanted)
    sys.stderr.write("tocsin: notice: installing tocsin {} once, into {}\n".format(shown(wanted), folder))
    try:
        os.makedirs(cache, exist_ok=True)
        return fill(folder, lambda place, target: install(requirement, place, target))
    except PermissionError as error:
        raise RuntimeError("{} cannot be written to: name a folder that can by TOCSIN_CACHE".format(error.filename or cache))


def user_cache():
    """Where a user's caches are; the home folder may be unknown."""
    local = os.environ.get("LOCALAPPDATA") if os.name == "nt" else os.environ.get("XDG_CACHE_HOME")
    home = os.path.expanduser("~")
    if not local and home in ("~", "/"):
        raise RuntimeError("this user has no home folder: name a folder to install tocsin into by TOCSIN_CACHE")
    return local or os.path.join(home, ".cache")


def required(wanted):
    """The version as pip's requirement. Raises RuntimeError."""
    found = HASHED.match(wanted)
    name, digest = (found.group("name"), found.group("hash")) if found else (wanted, "")
    if VERSION.match(name):
        return "tocsin=={}{}".format(name, " --hash=sha256:" + digest if digest else "")
    if "/" in name and name.endswith(".whl") and not re.search(r"\s", name):
        address = name if "://" in name else "file://" + os.path.abspath(name)
        return "tocsin @ {}{}".format(address, "#sha256=" + digest if digest else "")
    raise RuntimeError("the version {!r} is none: write 1.2.3, 1.2.3@sha256:HASH, or the address of a wheel".format(shown(wanted)))


def shown(wanted):
    """A version for the log: without its hash, and of an address only the file."""
    return wanted.partition("#")[0].partition("@sha256:")[0].rpartition("/")[2][:60]


def fill(folder, install_into):
    """Fill a folder beside the real one and give it its name; `install_into` gets a folder to work in and the one to fill."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(folder), prefix=".new-") as place:
        target = os.path.join(place, "packages")
        install_into(place, target)
        try:
            os.rename(target, folder)
        except OSError:
            if not os.path.isdir(folder):  # else another job was faster
                raise
    return folder


def install(requirement, place, target):
    """The wheel by its hash, and by the lock in it its packages by theirs."""
    environment = trusting(place)
    hashed = "sha256" in requirement
    listed = os.path.join(place, "wanted.txt")
    write(listed, requirement + "\n")
    pip("download", ["--no-deps", "--only-binary=:all:", "--dest", place] + ["--require-hashes"] * hashed + ["-r", listed], place, environment)
    wheels = [name for name in os.listdir(place) if name.endswith(".whl")]
    with zipfile.ZipFile(os.path.join(place, wheels[0])) as wheel:
        write(listed, wheel.read(LOCK).decode("utf-8"))
        pip_install(["--require-hashes", "--only-binary=:all:", "-r", listed], place, target, environment)
        wheel.extractall(target, [name for name in wheel.namelist() if name.startswith("tocsin/")])
    write(os.path.join(target, "__main__.py"), MAIN)


def pip_install(wanted, place, target, environment=None):
    """Install packages into a folder. Bytecode is left to the first run, which writes what it needs. Raises RuntimeError."""
    pip("install", ["--no-compile", "--no-warn-script-location", "--target", target] + wanted, place, environment)


def pip(command, words, place, environment=None):
    """Run pip, whose words go to standard error. Raises RuntimeError."""
    done = subprocess.call(list(PIP) + [command] + words, cwd=place, env=environment, stdout=2)
    if done:
        raise RuntimeError(
            "tocsin could not be installed, see the lines above: this Python ({}) needs pip, and a package index or PIP_FIND_LINKS "
            "within reach; or put tocsin on PATH".format(sys.executable)
        )


def trusting(place):
    """The environment for pip, in which TOCSIN_CA_FILE counts beside the authorities that pip knows, where nothing else is said."""
    private = os.environ.get("TOCSIN_CA_FILE")
    if not private or any(os.environ.get(name) for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE")):
        return None
    known = subprocess.check_output([sys.executable, "-I", "-c", "from pip._vendor import certifi; print(certifi.where())"], text=True)
    bundle = os.path.join(place, "authorities.pem")
    with open(bundle, "wb") as all_of_them:
        for path in (known.strip(), private):
            with open(path, "rb") as file:
                all_of_them.write(file.read() + b"\n")
    return dict(os.environ, PIP_CERT=bundle)


def write(path, text):
    """Write a text file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
