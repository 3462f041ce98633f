"""What the policy's variables held when the step began, so that no later step can send the step's secrets elsewhere.

The runner evaluates the step's own `env` once more for post, and lays it over what later steps have written to GITHUB_ENV; that lies over
what the job has set: https://github.com/actions/runner/blob/main/src/Runner.Worker/StepsRunner.cs
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tocsin import secrets
from tocsin.text import clean
from tocsin.verdict import Skip

if TYPE_CHECKING:
    from tocsin.channels.options import ChannelOptions
    from tocsin.policy.model import Policy

ROUNDS = 20_000  # ours: about 10 ms; the state, which debug logging shows, must not give away a short value


class Given(NamedTuple):
    """The names of the policy's variables that were set, and a digest of each that says where something goes; `salt` in hex."""

    names: Sequence[str] = ()
    digests: Mapping[str, str] = {}
    salt: str = ""

    def withheld(self, policy: Policy, env: Mapping[str, str]) -> dict[str, Skip]:
        """Which channels do not serve now, since a later step has said where they send."""
        found: dict[str, Skip] = {}
        for name, options in policy.channels.items():
            changed = [variable for variable in options.places() if self._is_bent(variable, options, env)]
            if changed:
                names = ", ".join(clean(variable, 80) for variable in changed)
                were = "variable {} was" if len(changed) == 1 else "variables {} were"
                why = f"{were.format(names)} changed after this step began, and no later step may say where messages go"
                found[name] = Skip(why, "variable")
        return found

    def _is_bent(self, variable: str, options: ChannelOptions, env: Mapping[str, str]) -> bool:
        """Whether a variable has changed since; or is new, and would say where secrets go that were there before."""
        value = secrets.value(variable, env)
        if variable in self.digests:
            return not hmac.compare_digest(_digest(value, self.salt), self.digests[variable])
        return bool(value) and (options.has_machine_credentials() or not set(self.names).isdisjoint(options.variables()))


def given(policy: Policy, env: Mapping[str, str]) -> Given:
    """What there is now, at the step's place in the job."""
    salt = os.urandom(16).hex()
    places = _set((name for options in policy.channels.values() for name in options.places()), env)
    names = _set((name for options in policy.channels.values() for name in options.variables()), env)
    return Given(names, {name: _digest(secrets.value(name, env), salt) for name in places}, salt)


def _set(names: Iterator[str], env: Mapping[str, str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if secrets.value(name, env)]


def _digest(value: str, salt: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", value.encode("utf-8", "surrogateescape"), bytes.fromhex(salt), ROUNDS).hex()
