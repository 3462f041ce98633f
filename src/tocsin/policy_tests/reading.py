"""A test file's bytes to its cases, or all that is wrong with it at once, in the file's order."""

from __future__ import annotations

from tocsin.checks import Check
from tocsin.errors import PolicyError, Problem
from tocsin.policy.nodes import MAPPING, PLAIN, QUOTED, SEQUENCE, BadFileError, Node, decode, root_node
from tocsin.policy.plain import IGNORED, members
from tocsin.policy.problem_places import Problems, TooManyError, problem, redactor_of
from tocsin.policy_tests.case_parts import Around, CaseParts
from tocsin.policy_tests.cases import Case
from tocsin.policy_tests.keys import FILE_KEYS, known_keys
from tocsin.text import counted

EMPTY = "there is no case: the smallest is {cases: [{name: a broken build, event: failure, told: [team]}]}, and told: [] is nobody"


class CaseReader:
    """Reads one test file. The name of its policy comes first, because the cases are read with that."""

    def __init__(self, name: str, data: bytes) -> None:
        """Raises PolicyError where the bytes are no YAML, or no mapping."""
        self.name, self._data = name, data
        try:
            text = decode(data, "the test file")
            self._root = _root(text)
            self._problems = Problems(name, self._root, text)
            given = {key: pair for key, pair in members(self._root, self._problems.at_node).items() if not key.startswith(IGNORED)}
            self._given = known_keys(given, FILE_KEYS, "at the top level", self._problems.at_node)
        except BadFileError as error:
            raise self._bad(error) from None
        except TooManyError:
            raise self._error() from None

    @property
    def policy(self) -> str | None:
        """The path of the policy that the file names, from the file's folder."""
        pair = self._given.get("policy")
        return str(pair[1].value) if pair and pair[1].tag in (PLAIN, QUOTED) and pair[1].value else None

    def cases(self, around: Around) -> list[Case]:
        """The cases. Raises PolicyError with every problem."""
        try:
            found = self._cases(around)
        except BadFileError as error:
            raise self._bad(error) from None
        except TooManyError:
            raise self._error() from None
        if self._problems.has_errors:
            raise self._error()
        return found

    def no_policy(self, message: str) -> PolicyError:
        """The error about the policy that the file names."""
        self._problems.at_node(self._given["policy"][1], Check.POLICY_FILE, message)
        return self._error()

    def _cases(self, around: Around) -> list[Case]:
        report = self._problems.at_node
        if "policy" in self._given and self.policy is None:
            report(self._given["policy"][1], Check.WRONG_TYPE, "'policy' must be the path of a policy, from this file's folder")
        if "cases" not in self._given:
            report(self._root, Check.MISSING_KEY, f"'cases' is missing: {EMPTY}")
            return []
        key, value = self._given["cases"]
        nodes = value.value if value.tag == SEQUENCE else [value] if value.tag == MAPPING else []
        if value.tag in (PLAIN, QUOTED) and value.value:
            report(value, Check.WRONG_TYPE, "'cases' must be a list of cases, each with 'name', 'event' and 'told'")
        elif not nodes:
            report(key, Check.EMPTY_VALUE, EMPTY)
        parts = CaseParts(self.name, report, self._problems.suggest, around)
        return [case for number, node in enumerate(nodes, 1) if (case := parts.case(node, number))]

    def _error(self) -> PolicyError:
        return _error(self.name, self._problems.in_order())

    def _bad(self, error: BadFileError) -> PolicyError:
        redact = redactor_of([self._data.decode("utf-8", "replace")])
        message = redact(error.wrong.message).replace("a policy ", "a test file ")
        return _error(self.name, [problem(self.name, error.wrong._replace(message=message))])


def _root(text: str) -> Node:
    """The mapping that a test file is. Raises BadFileError."""
    root = root_node(text)
    if root is None or (root.tag == PLAIN and not root.value):
        raise BadFileError(f"the test file is empty: {EMPTY}", Check.EMPTY_POLICY)
    if root.tag != MAPPING:
        raise BadFileError.at(root, "a test file is a mapping: it begins with the key 'cases:'", Check.WRONG_TYPE)
    return root


def _error(file: str, problems: list[Problem]) -> PolicyError:
    count = sum(item.severity == "error" for item in problems)
    return PolicyError(f"the test file {file} is invalid: {counted(count, 'error')}", problems)
