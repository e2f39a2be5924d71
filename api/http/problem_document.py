"""The body of every error response (RFC 9457), and how large it may become."""

from pydantic import BaseModel, ConfigDict, Field

# An answer does not grow with what was sent: so many errors are listed, and so much of a name is repeated. The domain
# bounds its own (1,000 in a sheet of links, which a marketer corrects in one go).
MAX_INPUT_ERRORS, MAX_ERRORS = 100, 1000
MAX_POINTER_LENGTH, MAX_DETAIL_LENGTH = 300, 1000


class ProblemField(BaseModel):
    """An error of one field or parameter."""

    pointer: str = Field(
        description="JSON Pointer (RFC 6901) to the field in the request body, or `parameter:<name>` for a parameter "
        "or header. One with more than 300 characters is cut and ends in `…`.",
        examples=["/name"],
    )
    detail: str = Field(examples=["Write 1 or more characters."])
    code: str = Field(description="Stable identifier of what is wrong.", examples=["string-too-short"])


class Problem(BaseModel):
    """An error response (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "urn:jaring:problem:invalid-input",
                    "title": "Invalid input",
                    "status": 422,
                    "detail": "The request has invalid fields.",
                    "errors": [
                        {"pointer": "/name", "detail": "Write 1 or more characters.", "code": "string-too-short"}
                    ],
                    "trace_id": "0198f3a2b7c87d3e9a41c0ffee123456",
                }
            ]
        }
    )

    type: str = Field(description="Stable identifier of the kind of problem.")
    title: str
    status: int
    detail: str
    errors: list[ProblemField] = Field(
        description="One entry for each invalid field, or the first of very many. Empty if the problem is not about "
        "fields."
    )
    trace_id: str = Field(description="Identifies this request in the server's log.")


def problem_field(pointer: str, detail: str, code: str) -> ProblemField:
    """An entry of `errors[]`, cut to what an answer may repeat."""
    return ProblemField(pointer=_cut(pointer, MAX_POINTER_LENGTH), detail=_cut(detail, MAX_DETAIL_LENGTH), code=code)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
