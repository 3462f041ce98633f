"""What a policy's file says of its bases, as models. Loaded only where a policy has one."""

from __future__ import annotations

from tocsin.record import Field, OneOrMore, Record, Some


class Without(Record):
    """What a policy leaves out of its bases, by its names."""

    channels: OneOrMore[Some] = Field(default=[], description="Channels of a base.")
    environments: OneOrMore[Some] = Field(default=[], description="Environments of a base.")
    notifications: OneOrMore[Some] = Field(default=[], description="Rules of a base, by their names.")


class Sharing(Record):
    """What a policy says of its bases, and to those that extend it."""

    extends: OneOrMore[Some] = Field(
        default=[],
        description="Policies that this one adds to, first to last: a path, github:OWNER/REPO/PATH@COMMIT, "
        "gitlab:GROUP/PROJECT//PATH@COMMIT or https://…#sha256=HEX.",
    )
    without: Without = Field(default=Without.model_construct(), description="What to leave out of the bases.")
    locked: OneOrMore[Some] = Field(
        default=[], description="What those that extend this policy cannot change: a section, SECTION.NAME, or SECTION.* for all it has."
    )
