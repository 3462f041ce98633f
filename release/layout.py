"""The tree that a release tag carries: what stands where, for which machines, what is left out, what it may weigh.

action.yml, plugins/github/, src/tocsin/, LICENSE, README.md
plugins/gitlab/, plugins/jenkins/       read from the tag by GitLab's include and Jenkins's libraries; see STAMPED
.pre-commit-hooks.yaml, pyproject.toml  pre-commit installs from the tag
plugins/launch.py             what both install the program by, and how the action fills a cache
release/requirements.lock     what vendor/ holds, with hashes; installed where vendor/ has no compiled part for a Python
vendor/                       the packages, once for all; of the compiled part one file a Python and platform: Python
                              itself names them (`….cpython-312-x86_64-linux-gnu.so`) and takes the one that is its own
vendor/MANIFEST.json          every file's SHA-256
"""

from __future__ import annotations

from typing import NamedTuple

BUDGET_BYTES = 25_000_000  # of the tree as tar.gz, which every job downloads

PLUGINS = ("plugins/github", "plugins/gitlab", "plugins/jenkins", "plugins/launch.py")
HOOKS = (".pre-commit-hooks.yaml", "pyproject.toml")  # pre-commit installs from the tag
SCHEMA = "schema/tocsin.schema.json"  # an asset alone
PROGRAM = ("action.yml", "LICENSE", "README.md", *PLUGINS, "release/requirements.lock", "src/tocsin", *HOOKS)
BUILT_BY = ("release",)  # what a build of the sources needs beside PROGRAM
LOCK = "release/requirements.lock"
TOOLS = "release/tools.lock"
TEMPLATE = "plugins/gitlab/templates/notify.yml"
LIBRARY = "plugins/jenkins"

# Where the version stands by which a plug-in installs the program: in a release `1.2.3@sha256:` and its wheel's hash. The sources
# name none, for what a package index has by that name may be anybody's until it is released.
UNRELEASED = "unreleased"
STAMPED = {
    TEMPLATE: 'default: "{}" # stamped by a release',
    f"{LIBRARY}/resources/io/tocsin/version": "{}",
}
MANIFEST = "vendor/MANIFEST.json"
VENDOR = "vendor"


class Target(NamedTuple):
    """A Python on a platform, which is named as pip does; `suffix` ends the names of its compiled files."""

    python: str
    platform: str
    suffix: str


_LINUX_X64 = "manylinux2014_x86_64"
_LINUX_ARM = "manylinux2014_aarch64"

# The Pythons of GitHub's hosted images. Of those, macOS on Intel does not fit the budget: there the lock is installed once.
TARGETS = (
    Target("3.10", _LINUX_X64, "cpython-310-x86_64-linux-gnu.so"),  # ubuntu-22.04
    Target("3.12", _LINUX_X64, "cpython-312-x86_64-linux-gnu.so"),  # ubuntu-24.04, ubuntu-slim
    Target("3.14", _LINUX_X64, "cpython-314-x86_64-linux-gnu.so"),  # ubuntu-26.04
    Target("3.12", _LINUX_ARM, "cpython-312-aarch64-linux-gnu.so"),  # ubuntu-24.04-arm
    Target("3.14", _LINUX_ARM, "cpython-314-aarch64-linux-gnu.so"),  # ubuntu-26.04-arm
    Target("3.14", "macosx_11_0_arm64", "cpython-314-darwin.so"),  # macos-14, 15, 26
    Target("3.12", "win_amd64", "cp312-win_amd64.pyd"),  # windows-2022, 2025
    Target("3.13", "win_arm64", "cp313-win_arm64.pyd"),  # windows-11-arm
)
PYTHONS = tuple(sorted({target.python for target in TARGETS}, key=lambda version: int(version.split(".")[1])))

# Whom the offline bundle has wheels for: every Python that the program runs in, on Linux with glibc.
OFFLINE = tuple(
    Target(f"3.{minor}", platform, f"cpython-3{minor}-{platform.removeprefix('manylinux2014_')}-linux-gnu.so")
    for minor in range(10, 15)
    for platform in (_LINUX_X64, _LINUX_ARM)
)

COMPILED = "pydantic-core"  # the one package that has no form in Python alone
COMPILED_FILE = "pydantic_core/_pydantic_core"
SPEEDUPS = frozenset({"pyyaml", "markupsafe"})  # work without their compiled parts: 4 MB for 10 ms

# Patterns of paths inside a wheel that are left out. What is kept is as the wheel has it, byte for byte.
LEFT_OUT = {
    "*.pyi": "for type checkers",
    "*/py.typed": "for type checkers",
    "*.so": "the speedups",
    "*.pyd": "the speedups",
    "*.dist-info/RECORD": "for installers",
    "*.dist-info/WHEEL": "for installers",
    "defusedxml-*.dist-info/METADATA": "a history of the project; its license stays",
    "*.dist-info/top_level.txt": "for installers",
    "*.dist-info/zip-safe": "for installers",
    "*.dist-info/entry_points.txt": "for installers",
    "*.data/*": "commands",
    "*.dist-info/sboms/*": "of the compiled part, in the wheel",
    "pydantic/v1/*": "the API of another major version",
    "pydantic/mypy.py": "for type checkers",
    "dateutil/zoneinfo/*.tar.gz": "time zones of the world; mail needs UTC and the machine's own",
    "defusedxml/expat*.py": "other parsers; test reports need ElementTree",
    "defusedxml/lxml.py": "another parser",
    "defusedxml/minidom.py": "another parser",
    "defusedxml/pulldom.py": "another parser",
    "defusedxml/sax.py": "another parser",
    "defusedxml/xmlrpc.py": "another parser",
    "boto3/data/*": "resources of other services; SES has none",
    "boto3/examples/*": "documentation",
    "botocore/cacert.pem": "what goes out is checked against the system's certificates",
    "botocore/data/*": "the services but for those in KEPT",
}
KEPT = tuple(
    f"botocore/data/{name}"
    for name in (
        "sesv2/*",  # SES, and the services that give its credentials: roles, web identity, single sign-on
        "sts/*",
        "sso/*",
        "sso-oidc/*",
        "_retry.json",
        "endpoints.json",
        "partitions.json",
        "sdk-default-configuration.json",
    )
)
DOCUMENTS = ("*/examples-1.json",)  # left out of what is kept

NOT_IN_A_JOB = (  # has no bytecode: the step loads none of it
    *(
        "src/tocsin/demo/",
        "src/tocsin/devtron/",
        "src/tocsin/comparison/",
        "src/tocsin/explanation/",
        "src/tocsin/policy_tests/",
        "src/tocsin/homepage.",
        "src/tocsin/editing/",
        "src/tocsin/init/",
        "src/tocsin/drawings/",
        "src/tocsin/preview/",
        "src/tocsin/shared/",
        "src/tocsin/samples/",
        "src/tocsin/inbox/",
        "src/tocsin/review_comment/",
        "src/tocsin/ci/gitlab/",
        "src/tocsin/ci/jenkins/",
        "src/tocsin/ci/circleci",
        "src/tocsin/ci/generic",
        "src/tocsin/ci/local",
    ),
    *(f"src/tocsin/policy/{name}." for name in ("foreign", "nearly", "never", "schema", "schema_forms", "schema_words", "useless")),
    *(
        f"vendor/{name}"
        for name in (
            *("annotated_types/", "pydantic/", "pydantic_core/", "typing_inspection/", "typing_extensions"),  # a sound policy needs none
            "jinja2/ext",
            "jinja2/nativetypes",
            "shtab/",
            "urllib3/contrib/emscripten/",
            "urllib3/contrib/pyopenssl",
            "urllib3/contrib/socks",
            "urllib3/http2/connection",
        )
    ),
    *(
        f"src/tocsin/commands/{name}"
        for name in (
            *("channel", "check", "completion", "context", "demo", "diff", "explain", "import_", "inbox", "init"),
            *("policy_", "preview", "rule", "schema", "test", "update"),
        )
    ),
)
SES_ALONE = tuple(
    f"vendor/{name}" for name in ("boto3/", "botocore/", "dateutil/", "jmespath/", "s3transfer/", "six.py")
)  # what only a mail by SES imports
BYTECODE_OF_SES = frozenset({"3.12"})  # the most used images; for the other Pythons it does not fit, and is compiled by the first such mail
