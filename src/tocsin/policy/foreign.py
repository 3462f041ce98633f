"""The languages of other tools in a selector's value, where globs are meant: what is wrong with it, and the globs that were meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from tocsin.checks import Check
from tocsin.policy.words import listing

REFS = frozenset(("branch", "tag", "source_branch", "target_branch"))
FREE = frozenset(("pipeline", "job"))  # people make these names, and put commas into them
GLOBS_MAX = 8  # ours: of what one value was meant to be
VALUE_MAX_CHARS = 200  # ours: nobody means a pattern that is longer

_CLASS = re.compile(r"\[!?\]?[^\]]*\]")  # a glob's
_ESCAPE = re.compile(r"\\[*?\[\]!\\]")  # a glob's

_REGEX = re.compile(
    r"^/.+/[a-z]*$|^\^|\$$"  # /main/, ^main, main$
    r"|[\]).]\+|[\])]\{\d|\[\^|\(\?"  # [0-9]+, [0-9]{3}, [^a], (?:a)
    r"|\\[^*?\[\]!\\]|(?:^|[-/_(])\.\*"  # \d, \., release-.*
    r"|\([^()\s]*\|[^()\s]*\)"  # (main|develop)
)
_BRACES = re.compile(r"(?<![$@{])\{(?P<inner>[^{}]*,[^{}]*)\}")
_COUNT = re.compile(r"(?:[\])]|\\\w)\{\d")  # [0-9]{1,3}
_LIST = re.compile(r"\s*(?:,|;|\|\|?|\s(?:or|OR)\s)\s*")
_QUOTED_LIST = re.compile(r"\[(?P<inner>\s*[^\[\],]{2,}(?:,\s*[^\[\],]{2,})+)\]")
_NEGATION = re.compile(r"!\s+(?=\S)|!=\s*(?=\S)|(?:not|NOT|Not)\s+(?=\S+$)")
_REPLACED = re.compile(r"\$\{|\$\(|\{\{|\{%|^\$[A-Za-z_][\w-]*$|^%[A-Za-z_]\w*%$")
_QUOTED = re.compile(r"""(?:==?\s*)?(?P<quote>["'])(?P<inner>.+)(?P=quote)|==?\s*(?P<rest>\S.*)""")  # "'main'", "== main"
_LOOKAHEAD = re.compile(r"\^?\(\?!\^?(?P<name>[\w./-]+)\$?\)\.[*+]\$?")  # all but main
_NULL = ("null", "Null", "NULL", "None", "~")
_FULL_REF = re.compile(
    r"(?:\*/)?refs/(?P<type>heads|tags|pull|merge-requests|remotes/[^/]+)/(?P<name>.+)|(?:remotes/)?origin/(?P<short>.+)"
)
# What git refuses in a ref's name: https://git-scm.com/docs/git-check-ref-format
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:\\]|\.\.|@\{|//|^/|/$|\.$|\.lock$|(?:^|/)\.")


class Finding(NamedTuple):
    """What is wrong with a value: the words that follow it, and what was probably meant."""

    check: Check
    why: str
    meant: tuple[str, ...] = ()
    step: str = ""  # in place of what was meant: what to write

    @property
    def suggestion(self) -> str:
        """What to do, in brackets; nothing where nobody knows."""
        if self.step:
            return f" ({self.step})"
        if not self.meant or len(self.meant) > GLOBS_MAX:
            return ""
        quoted = listing(f"'{glob}'" for glob in self.meant)
        return f" (do you mean {quoted}?)" if len(self.meant) == 1 else f" (write a list: [{quoted}])"


def foreign(key: str, pattern: str) -> Finding | None:
    """What is wrong with a value of a selector's key; None where a name could be so. A leading `!` stays in what was meant."""
    if len(pattern) > VALUE_MAX_CHARS:
        return None
    negation = _NEGATION.match(pattern)
    if negation:
        why = "an exclusion is an exclamation mark right before the value"
        return Finding(Check.FOREIGN_NEGATION, why, (f"!{pattern[negation.end() :]}",))
    excludes = pattern.startswith("!")
    found = _plain(key, pattern.removeprefix("!"))
    if found is None:
        return None
    if excludes and found.check is Check.NULL_AS_TEXT:
        return found._replace(step="'*' takes what has any")
    globs = [glob.strip() for glob in found.meant]
    if excludes:
        globs = [_opposite(glob, found.check) for glob in globs]
    return found._replace(meant=tuple(glob for glob in globs if glob.removeprefix("!") and glob != pattern))


def _opposite(glob: str, check: Check) -> str:
    """A glob excluded: of a list that is one text each value has its own `!`, and what takes all but a name takes that name."""
    if glob.startswith("!"):
        return glob if check is Check.LIST_AS_TEXT else glob[1:]
    return f"!{glob}"


def replaced(text: str) -> Finding | None:
    """What is wrong with a text that another tool would put a value in for."""
    if text in _NULL:
        return Finding(Check.NULL_AS_TEXT, f"{text} is a word like any other", step="'!*' takes what has none")
    if _REPLACED.search(text):
        template = "{%" in text or "{{" in text.replace("${{", "")
        why = f"no {'template is rendered' if template else 'variable is put in'} here"
        return Finding(Check.NOT_REPLACED, why, step="write the name itself, or leave the key out")
    return None


def _plain(key: str, text: str) -> Finding | None:
    found = replaced(text)
    if found:
        return found
    quoted = _QUOTED.fullmatch(text)
    if quoted:
        return Finding(Check.FOREIGN_PATTERN, "quotes and equals signs are part of the value", (quoted["inner"] or quoted["rest"],))
    full = _FULL_REF.fullmatch(text) if key in REFS else None
    if full:
        return _short(key, full)
    return _listed(key, text) or _regex(text) or (_no_ref(key, text) if key in REFS else None)


def _short(key: str, full: re.Match[str]) -> Finding:
    why = "a ref is called by its short name"
    kind, name = full["type"] or "", full["name"] or full["short"]
    if kind in ("pull", "merge-requests"):
        return Finding(Check.FULL_REF_NAME, why, step="write ref_type: pull_request")
    if (kind == "tags") != (key == "tag") and kind in ("heads", "tags"):
        return Finding(Check.FULL_REF_NAME, why, step=f"write {'tag' if kind == 'tags' else 'branch'}: {listing([name])}")
    return Finding(Check.FULL_REF_NAME, why, (name,))


def _listed(key: str, text: str) -> Finding | None:
    braces = None if _COUNT.search(text) else _BRACES.search(text)
    if braces and (key in REFS or " " not in braces[0]):
        return Finding(Check.FOREIGN_PATTERN, "braces are no part of a glob", _globs(text) or ())
    quoted = _QUOTED_LIST.fullmatch(text)
    if quoted and key not in FREE:
        text = quoted["inner"]
    bare = _CLASS.sub("", text)
    if key == "pipeline" or (key == "job" and re.search(r"[\[(\s]", text.replace(", ", ","))):
        return None
    if _REGEX.search(text) or not ("," in bare or ";" in bare or (key in REFS and re.search(r"[|\s]", bare))):
        return None
    parts = tuple(filter(None, re.split(r"\s+", text) if key in REFS and not _LIST.search(text) else _LIST.split(text)))
    return Finding(Check.LIST_AS_TEXT, "a text is one value", parts) if len(parts) > 1 else None


def _regex(text: str) -> Finding | None:
    bare = _ESCAPE.sub("", text)
    if not _REGEX.search(bare) or (bare.startswith("/") and len(bare) < 3):
        return None
    return Finding(Check.FOREIGN_PATTERN, "a value is a shell glob, no regular expression", _globs(text) or ())


def _no_ref(key: str, text: str) -> Finding | None:
    wrong = _NO_REF.search(_CLASS.sub("x", _ESCAPE.sub("x", text)))
    if not wrong:
        return None
    why = "no ref has a name like this"
    if wrong[0] == ":":
        rest = text.rpartition(":")[2]
        deeper = _plain(key, rest) if rest else None
        return Finding(Check.IMPOSSIBLE_REF, why, deeper.meant if deeper else (rest,) if rest else ())
    if wrong[0] == "/":
        return Finding(Check.IMPOSSIBLE_REF, why, (f"{text.strip('/')}{'/*' if text.endswith('/') else ''}",))
    trimmed = text.strip()
    return Finding(Check.IMPOSSIBLE_REF, why, (trimmed,) if trimmed != text else ())


def _globs(text: str) -> tuple[str, ...] | None:
    """The globs that say the same as a regular expression, or as braces; None where there are none."""
    lookahead = _LOOKAHEAD.fullmatch(text)
    if lookahead:
        return (f"!{lookahead['name']}",)
    body = re.fullmatch(r"/(.+)/[a-z]*", text)
    regex = body[1] if body else text
    if body:
        regex = ("" if regex.startswith("^") else ".*") + regex + ("" if regex.endswith("$") else ".*")
    elif regex.startswith("^") and not regex.endswith("$"):
        regex += ".*"
    parts = islice(_spread(regex.removeprefix("^").removesuffix("$")), GLOBS_MAX + 1)
    found = [_glob(part) for part in parts]
    return tuple(dict.fromkeys(found)) if found and not any(re.search(r"[(){}|+^$\\]", glob) for glob in found) else None


def _spread(text: str) -> Iterator[str]:
    """The texts that alternatives stand for: (a|b), {a,b}. As many as are asked for: each group multiplies them."""
    group = re.search(r"\((?:\?:)?(?P<any>[^()]*\|[^()]*)\)(?![?*+])", text) or (None if _COUNT.search(text) else _BRACES.search(text))
    if not group:
        yield from text.split("|")
        return
    inner = group.groupdict()
    for part in inner["any"].split("|") if "any" in inner else inner["inner"].split(","):
        yield from _spread(text[: group.start()] + part.strip() + text[group.end() :])


_TO_GLOBS = (
    (r"\[\^", "[!"),
    (r"\\d", "[0-9]"),
    (r"\\w", "?"),
    (r"\.[*+]\??", "*"),
    (r"(\[[^\]]*\]|\?)(?:[+*]|\{\d+(?:,\d*)?\})", r"\1*"),
    (r"\\([-./_])", r"\1"),
    (r"\*{2,}", "*"),
)


def _glob(regex: str) -> str:
    for old, new in _TO_GLOBS:
        regex = re.sub(old, new, regex)
    return regex
