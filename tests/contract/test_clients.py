"""Clients generated from the document compile, and take each request with nothing but its required fields.

Skipped until `make lint-openapi` has installed the generators, which needs npm.
"""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.contract.document import operations, resolved

PROJECT = Path(__file__).parents[2]
DOCUMENT = str(PROJECT / "openapi" / "openapi.json")
PROGRAMS = PROJECT / "build" / "node" / "node_modules" / ".bin"
COMPILE = [
    "--noEmit",
    "--strict",
    "--skipLibCheck",
    "--target",
    "es2022",
    "--module",
    "esnext",
    "--moduleResolution",
    "bundler",
]

pytestmark = [
    pytest.mark.skipif(
        not (PROGRAMS / "tsc").exists() or shutil.which("node") is None,
        reason="the generators are not installed: make lint-openapi",
    ),
    # Three programs of Node.js, each of which reads a large document.
    pytest.mark.timeout(300),
]


def run(program: str, *arguments: str, folder: Path) -> str:
    """What a program of Node.js printed; fails with it unless it ended well."""
    command = [str(PROGRAMS / program), *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def least(schema: dict[str, Any], example: Any) -> Any:
    """The example without all that the schema does not require."""
    schema = resolved(schema)
    if isinstance(example, dict) and "properties" in schema:
        return {name: least(schema["properties"][name], example[name]) for name in schema.get("required", [])}
    if isinstance(example, list) and "items" in schema:
        return [least(schema["items"], one) for one in example]
    return example


def least_bodies() -> dict[str, dict[str, Any]]:
    """The smallest JSON body of every operation that takes one, by operation id."""
    bodies = {}
    for _, _, operation in operations():
        described = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if described:
            schema = resolved(described["schema"])
            bodies[operation["operationId"]] = least(schema, schema["examples"][0])
    return bodies


def statements(type_of: str) -> str:
    """TypeScript that assigns each smallest body, and that would not compile if a required field could be left out."""
    lines = []
    for name, body in least_bodies().items():
        wanted = type_of.format(name=name, camel="".join(part.title() for part in name.split("_")))
        lines.append(f"export const {name}: {wanted} = {json.dumps(body)};")
        for number, field in enumerate(body):
            rest = {key: value for key, value in body.items() if key != field}
            lines += ["// @ts-expect-error a required field is missing"]
            lines += [f"export const {name}_{number}: {wanted} = {json.dumps(rest)};"]
    return "\n".join(lines)


def test_every_body_is_tried() -> None:
    bodies = least_bodies()
    assert len(bodies) > 15
    assert bodies["links_create"].keys() == {"campaign_id", "channel_id", "name"}
    assert bodies["links_change"] == {}


# By the module that each makes: the command, and where it puts the type of an operation's body.
GENERATORS = {
    "openapi_typescript": (
        ["openapi-typescript", DOCUMENT, "-o", "openapi_typescript.ts"],
        'NonNullable<api.operations["{name}"]["requestBody"]>["content"]["application/json"]',
    ),
    "hey_api": (
        ["openapi-ts", "-i", DOCUMENT, "-o", "hey_api", "--no-log-file"],
        'NonNullable<api.{camel}Data["body"]>',
    ),
}


def test_clients_compile(tmp_path: Path) -> None:
    """One run of the compiler for all, whose start takes longer than the rest; hey-api's functions are compiled too."""
    for generator, (command, wanted) in GENERATORS.items():
        run(*command, folder=tmp_path)
        source = f'import type * as api from "./{generator}";\n{statements(wanted)}\n'
        (tmp_path / f"{generator}_bodies.ts").write_text(source)
    sources = [f"{generator}_bodies.ts" for generator in GENERATORS]
    run("tsc", *COMPILE, *sources, "hey_api/sdk.gen.ts", folder=tmp_path)
