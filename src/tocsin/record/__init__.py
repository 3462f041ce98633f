"""Records: frozen objects with typed fields, declared as pydantic's models are.

Pydantic and the schema that it makes of a policy took half of the program's start. So `reader` reads what is beyond doubt; all else is
pydantic's (`pydantic_model`), and what it finds are the policy's errors. What the reader takes, pydantic takes with the same values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tocsin.record.fields import AfterValidator, BeforeValidator, Field, OneOrMore, RecordBase, SchemaOnly, Some, Where, as_list
from tocsin.record.reader import read

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["AfterValidator", "BeforeValidator", "Field", "OneOrMore", "Record", "SchemaOnly", "Some", "Where", "as_list"]


class Record(RecordBase):
    """A record that checks its data; no key is taken that is no field."""

    def __init__(self, **values: Any) -> None:
        """Check what is given. Raises pydantic.ValidationError."""
        self.__dict__.update(self.model_validate(values).__dict__)

    @classmethod
    def model_validate(cls, data: Any) -> Self:
        """The record of the data. Raises pydantic.ValidationError with all that is wrong."""
        record = read(cls, data)
        if record is not None:
            return record
        from tocsin.record.pydantic_model import validate

        return validate(cls, data)

    @classmethod
    def model_json_schema(cls) -> dict[str, Any]:
        """The JSON Schema of the data."""
        from tocsin.record.pydantic_model import json_schema

        return json_schema(cls)

    @classmethod
    def __get_pydantic_core_schema__(cls, _: Any, handler: Any) -> Any:
        """How pydantic checks the record (https://docs.pydantic.dev/latest/concepts/types/)."""
        from tocsin.record.pydantic_model import core_schema

        return core_schema(cls, handler)
