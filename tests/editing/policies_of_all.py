"""Every valid policy of the repository, and the same in other line ends, and more forms of lists than people write."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CASES = ROOT / "tests" / "cases"
LARGE_BYTES = 20_000  # those are cases of limits, which one more rule would pass

BOM = b"\xef\xbb\xbf"
FORMS = {
    "flow": b'{channels: {team: {kind: slack}, "a, b": {kind: slack}}, notifications: [{name: a, on: [failure], send_to: [team, "a, b"]}]}',
    "lines in brackets": b"""channels: {team: {kind: slack}, ops: {kind: slack}}
notifications: [
  # the first
  {name: a, on: failure, send_to: team},  # one
  # the second
  {
    name: b,
    on: [
      failure,
      success  # too
    ],
    pipelines: {branch: main,
                app: [x,
                      y]},
    send_to: [team, ops,],
  }
]
""",
    "no indentation": b"""channels:
  team: {kind: slack}
notifications:
# the first
- name: a
  on:
  - failure
  send_to: [ 'team' ]

- on: success
  # who
  send_to:
  - team
  pipelines:
  - branch: main
  - app: x
    branch:
    - "release/*"
    - main""",
    "one mapping": b"""notifications:
  # the only one
  on: failure
  pipelines:
    branch: main   # and no other
  send_to: team
channels:
  team:
    kind: slack
...
""",
    "one mapping in braces": b"channels: {team: {kind: slack}}\nnotifications: {on: failure, send_to: [team]} # one\n",
    "dash alone": b"""---
channels: {team: {kind: slack}}
notifications:
  -
    # its name
    name: "a b"
    on: failure
    send_to: team
  - # nameless
    on: [failure, success]
    send_to: [{channel: team}]
# the end
""",
    "anchors": b"""channels: {team: {kind: slack}}
x-main: &main {branch: main}
notifications:
  - &first
    name: a
    on: &events [failure, success]
    pipelines: *main
    send_to: &to team
  - {<<: *first, name: b, send_to: [*to]}
  - name: c
    on: *events
    send_to: *to
""",
    "names of every kind": """channels: {"team": {kind: slack}}
notifications:
  - {name: "ä 🚀 'x' \\"y\\" #", on: 'failure', send_to: "team"}
  - {name: plain text \u00e9, on: "failure", send_to: ["team"], pipelines: [{app: "*"}, {}]}
""".encode(),
    "empty list": b"channels: {team: {kind: slack}}\nnotifications: []  # none yet\n",
    "empty key": b"channels:\n  team: {kind: slack}\nnotifications:\n# none yet\ndelivery: {attempts: 2}\n",
}  # fmt: skip


def repository_policies() -> dict[str, bytes]:
    """The valid policies that stand in the repository, by name; not those with bases, which are files of their own."""
    paths = [
        *(ROOT / "examples").glob("*.yml"),
        ROOT / "src" / "tocsin" / "demo" / "policy.yml",
        *(CASES / "explain").glob("*.yml"),
        *(CASES / "policy" / "valid").glob("*.yml"),
    ]
    found = {path.stem: path.read_bytes() for path in sorted(paths)}
    return {name: data for name, data in found.items() if len(data) < LARGE_BYTES and b"\nextends:" not in b"\n" + data}


def every_policy() -> dict[str, bytes]:
    """All of them."""
    found = {**repository_policies(), **FORMS}
    broken = {f"{name}, CRLF": data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") for name, data in found.items()}
    marked = {f"{name}, BOM": data if data.startswith(BOM) else BOM + data for name, data in found.items()}
    return {**found, **broken, **marked, **{f"{name}, no last line break": data.rstrip(b"\r\n") for name, data in found.items()}}
