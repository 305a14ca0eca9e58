"""From an operation of an OpenAPI description to a tool's file that reads."""

import json
from pathlib import Path

import pytest

from app.toolkit.http.drafts import CannotConvert, Draft, toml_of
from app.toolkit.http.openapi import from_openapi, operations, read_openapi
from app.toolkit.http.reading import read_http_file
from app.toolkit.http.tool import HttpTool
from tests.toolkit.http.places import CALLER, swapped

DESCRIPTION = """
openapi: 3.0.3
info: {title: Acme Shipping, version: "1.4"}
servers:
  - url: https://{region}.api.acme-ship.com/v2
    variables: {region: {default: eu}}
security:
  - apiKey: []
paths:
  /parcels/{trackingNumber}:
    parameters:
      - $ref: '#/components/parameters/TrackingNumber'
    get:
      operationId: getParcel
      summary: Find a parcel.
      description: |
        Tells where a parcel is
        and when it arrives.

        Rate limited to 10 a second.
      parameters:
        - {name: lang, in: query, schema: {type: string, enum: [en, es, de], default: en}}
        - {name: expand, in: query, deprecated: true, schema: {type: boolean}}
        - {name: X-Request-Source, in: header, schema: {type: string}, description: Where the question comes from.}
        - {name: Accept, in: header, schema: {type: string}}
      responses:
        '200':
          description: The parcel.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Parcel'}
        404: {description: No such parcel.}
  /parcels/{trackingNumber}/redirect:
    post:
      operationId: redirectParcel
      summary: Send a parcel elsewhere
      security:
        - bearer: []
      parameters:
        - $ref: '#/components/parameters/TrackingNumber'
        - {name: Idempotency-Key, in: header, required: true, schema: {type: string}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              allOf:
                - {$ref: '#/components/schemas/Place'}
                - type: object
                  required: [when, reason]
                  properties:
                    id: {type: integer, readOnly: true}
                    when: {type: string, format: date, description: The day to bring it.}
                    reason: {const: caller asked}
                    note: {type: string, nullable: true}
                    tags: {type: array, items: {type: string}}
                    photos: {type: array, items: {type: object}}
      responses:
        '201':
          description: Done.
          content:
            application/json; charset=utf-8:
              schema:
                type: object
                properties: {redirectId: {type: string}, place: {$ref: '#/components/schemas/Place'}}
  /labels:
    post:
      requestBody: {content: {multipart/form-data: {schema: {type: object}}}}
      responses: {'200': {description: ok}}
  /tree:
    get:
      operationId: tree
      security: [{basic: []}]
      responses:
        '200': {description: ok, content: {application/json: {schema: {$ref: '#/components/schemas/Node'}}}}
components:
  parameters:
    TrackingNumber:
      name: trackingNumber
      in: path
      required: true
      description: The parcel's number.
      example: EU123456789
      schema: {type: string, pattern: '^[A-Z]{2}[0-9]{9}$'}
  schemas:
    Place:
      type: object
      required: [address]
      properties:
        address:
          type: object
          required: [street, city]
          properties: {street: {type: string}, city: {type: string}}
    Parcel:
      type: object
      properties:
        state: {type: string}
        carrier: {type: object, properties: {name: {type: string}, phone: {type: string}}}
        events: {type: array, items: {type: object, properties: {place: {type: string}, on: {type: string}}}}
        weight: {anyOf: [{type: 'null'}, {type: number}]}
    Node:
      type: object
      properties: {name: {type: string}, child: {$ref: '#/components/schemas/Node'}}
  securitySchemes:
    apiKey: {type: apiKey, in: header, name: X-Api-Key}
    bearer: {type: http, scheme: bearer}
    basic: {type: http, scheme: basic}
"""

PARCEL = "schema: {$ref: '#/components/schemas/Parcel'}"


def drafted(folder: Path, operation: str, text: str = DESCRIPTION, **more: str) -> tuple[Draft, HttpTool]:
    """The draft, and the tool that its file makes."""
    source = folder / "api.yaml"
    source.write_text(text, encoding="utf-8")
    draft = from_openapi(read_openapi(source), operation, **more)
    file = folder / f"{draft.name}.toml"
    file.write_text(toml_of(draft), encoding="utf-8")
    return draft, read_http_file(file)


def test_a_question_becomes_a_tool(tmp_path: Path) -> None:
    draft, tool = drafted(tmp_path, "getParcel")
    assert tool.name == "get_parcel"
    assert tool.description == "Find a parcel. Tells where a parcel is and when it arrives."
    assert (tool.method, str(tool.target), tool.path) == (
        "GET",
        "eu.api.acme-ship.com",
        "/v2/parcels/{tracking_number}",
    )
    assert tool.query == {"lang": "{lang}"}
    assert tool.headers == {
        "X-Api-Key": "{secret.ACME_SHIP_API_KEY}",
        "X-Request-Source": "{x_request_source}",
    }
    assert tool.parameters["required"] == ["tracking_number"]
    assert tool.parameters["properties"] == {
        "tracking_number": {
            "type": "string",
            "description": "The parcel's number. Such as EU123456789.",
            "pattern": "^[A-Z]{2}[0-9]{9}$",
        },
        "lang": {
            "type": "string",
            "description": "The lang, as the caller says it. Such as en.",
            "enum": ["en", "es", "de"],
        },
        "x_request_source": {"type": "string", "description": "Where the question comes from."},
    }
    assert dict(tool.picking.fields) == {
        "state": "state",
        "name": "carrier.name",
        "phone": "carrier.phone",
        "place": "events[0].place",
        "on": "events[0].on",
        "weight": "weight",
    }
    assert tool.picking.not_found == {404}
    assert draft.notes == ("The optional query parameter expand is left out.",)
    assert list(draft.secrets) == ["ACME_SHIP_API_KEY"]


def test_what_changes_something_becomes_a_write_with_its_body(tmp_path: Path) -> None:
    draft, tool = drafted(tmp_path, "redirectParcel")
    assert tool.options.write and tool.options.idempotent and tool.key_header == "Idempotency-Key"
    assert tool.body == {
        "address": {"street": "{address_street}", "city": "{address_city}"},
        "when": "{when}",
        "reason": "caller asked",
        "note": "{note}",
        "tags": "{tags}",
    }
    assert tool.parameters["required"] == ["tracking_number", "address_street", "address_city", "when"]
    assert tool.headers == {"Authorization": "Bearer {secret.ACME_SHIP_BEARER}"}
    sent = tool.request(
        {
            "tracking_number": "EU1",
            "address_street": "Elm 1",
            "address_city": "Köln",
            "when": "2026-12-01",
            "tags": ["a"],
        },
        CALLER,
        {"ACME_SHIP_BEARER": "x"},
    )
    assert json.loads(sent.body or b"") == {
        "address": {"street": "Elm 1", "city": "Köln"},
        "when": "2026-12-01",
        "reason": "caller asked",
        "tags": ["a"],
    }
    assert dict(sent.headers)["Idempotency-Key"] == "k1"
    assert draft.description == "Send a parcel elsewhere."


def test_an_operation_without_an_id_goes_by_its_path(tmp_path: Path) -> None:
    _, tool = drafted(tmp_path, "get /parcels/{trackingNumber}", name="whereIsIt", server="https://other.example.com/")
    assert (tool.name, str(tool.target), tool.path) == (
        "where_is_it",
        "other.example.com",
        "/parcels/{tracking_number}",
    )


def test_a_schema_that_leads_back_to_itself_comes_to_an_end(tmp_path: Path) -> None:
    draft, tool = drafted(tmp_path, "tree")
    assert list(tool.picking.fields.values())[:2] == ["name", "child.name"]
    assert tool.headers == {"Authorization": "Basic {secret.ACME_SHIP_BASIC}"}
    assert "base64" in draft.secrets["ACME_SHIP_BASIC"]


def test_json_is_read_like_yaml_and_every_operation_is_named(tmp_path: Path) -> None:
    import yaml

    file = tmp_path / "api.json"
    file.write_text(json.dumps(yaml.safe_load(DESCRIPTION)), encoding="utf-8")
    assert list(operations(read_openapi(file))) == ["getParcel", "redirectParcel", "POST /labels", "tree"]


@pytest.mark.parametrize(
    ("operation", "old", "new", "told"),
    [
        ("getParcels", "", "", 'Did you mean "getParcel"?'),
        ("POST /labels", "", "", "takes no JSON"),
        ("getParcel", "https://{region}.api.acme-ship.com/v2", "/v2", "--server"),
        ("getParcel", "https://{region}.api.acme-ship.com/v2", "http://10.0.0.1/v2", "Write https://"),
        (
            "getParcel",
            "schema: {$ref: '#/components/schemas/Parcel'}",
            "schema: {$ref: 'parcel.yaml'}",
            "out of the file",
        ),
        (
            "getParcel",
            "schema: {$ref: '#/components/schemas/Parcel'}",
            "schema: {$ref: '#/components/x'}",
            "leads nowhere",
        ),
        ("getParcel", "openapi: 3.0.3", "swagger: '2.0'", "no OpenAPI 3"),
        ("getParcel", "openapi: 3.0.3", "openapi: [", "neither YAML nor JSON"),
    ],
)
def test_what_cannot_be_a_tool_is_told(tmp_path: Path, operation: str, old: str, new: str, told: str) -> None:
    with pytest.raises(CannotConvert) as refused:
        drafted(tmp_path, operation, swapped(DESCRIPTION, old, new) if old else DESCRIPTION)
    assert told in str(refused.value)


def test_a_loop_of_references_is_told(tmp_path: Path) -> None:
    loops = ("Node: {$ref: '#/components/schemas/Node'}", "Node: {allOf: [{$ref: '#/components/schemas/Node'}]}")
    start = DESCRIPTION.index("    Node:\n")
    end = DESCRIPTION.index("  securitySchemes:\n")
    for loop in loops:
        with pytest.raises(CannotConvert, match="itself"):
            drafted(tmp_path, "tree", f"{DESCRIPTION[:start]}    {loop}\n{DESCRIPTION[end:]}")


def test_words_of_the_description_stay_words_in_the_file(tmp_path: Path) -> None:
    odd = 'Say \\"hi\\" {and} more.\\u0000 # not a comment ]] \\n\\n[headers] \\\\'
    text = swapped(DESCRIPTION, "summary: Find a parcel.", f'summary: "{odd}"')
    text = swapped(text, "description: The parcel's number.", f'description: "{odd}"')
    _, tool = drafted(tmp_path, "getParcel", text)
    assert 'Say "hi" {and} more.' in tool.description
    assert "[headers]" not in tool.description
