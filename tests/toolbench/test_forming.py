"""An HTTP tool as a form and back: nothing is lost, and what cannot be read is told by its field."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from app.toolbench.forming import Row, Sentence, Shape, Unreadable, data_in, data_of, schema_of, shape_of, text_of
from app.toolkit.http.reading import mistakes_in, read_http_file
from tests.toolkit.http.places import REDIRECT, TRACK, written

SAMPLE = Path("tools/track_parcel.toml").read_text(encoding="utf-8")
ODD = """
description = 'Say "hi" \\ there'
method = "POST"
url = "https://api.example.com/x"
write = false
fields = ["a"]
strange = 3

[headers]
"X-A" = "{secret.KEY_A}"

[body]
list = [1, 2, {deep = "{a}"}]
"with space" = 1.5

[parameters.a]
description = "The first of them."
type = "array"
required = false

[waiting]
en = ["One.", "Two."]

[response]
strange = { x = 1 }
on.409.en = "It is taken."

[elsewhere]
b = 1
"""


@pytest.mark.parametrize("text", [SAMPLE, TRACK, REDIRECT, ODD], ids=["sample", "track", "redirect", "odd"])
def test_a_file_comes_back_from_its_form_saying_the_same(text: str) -> None:
    data = tomllib.loads(text)
    made = text_of(data_of(shape_of(data)))
    parameters = {name: {"type": "string", **one} for name, one in data["parameters"].items()}
    assert tomllib.loads(made) == {**data, "description": data["description"].strip(), "parameters": parameters}
    assert text_of(tomllib.loads(made)) == made


@pytest.mark.parametrize("text", [SAMPLE, TRACK, REDIRECT], ids=["sample", "track", "redirect"])
def test_the_arguments_come_back_from_json_schema(text: str) -> None:
    data = data_in(text)
    made = data_of(replace(shape_of(data), rows=(), schema=schema_of(data)))
    assert schema_of(made) == schema_of(data)


def test_a_schema_is_the_one_the_model_is_told(tmp_path: Path) -> None:
    told = read_http_file(written(tmp_path, REDIRECT)).parameters
    assert json.loads(schema_of(data_in(REDIRECT))) == json.loads(json.dumps(told))


def test_what_was_written_in_a_form_is_a_tool(tmp_path: Path) -> None:
    shape = Shape(
        texts={"description": "Find a parcel.", "url": "https://api.example.com/{id}", "retries": "1"},
        rows=[
            Row("id", says="The parcel's number.", pattern=r"^\d+$"),
            Row("kind", enum="a | b", says="What kind it is."),
        ],
        query=(("kind", "{kind}"),),
        fields=(("state", "events[0].state"),),
        not_found="404, 410",
        sentences=[Sentence(text="It is {state}."), Sentence(text="It is there."), Sentence("404", "en", "")],
    )
    file = written(tmp_path, text_of(data_of(shape)))
    assert mistakes_in(file) == []
    tool = read_http_file(file)
    assert tool.picking.not_found == {404, 410}
    assert tool.picking.message == {"en": ("It is {state}.", "It is there.")}
    assert tool.options.retries == 1


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        (Shape(texts={"timeout_s": "soon"}), "timeout_s"),
        (Shape(body="{"), "body"),
        (Shape(body="[1]"), "body"),
        (Shape(schema="3"), "schema"),
        (Shape(schema='{"properties": []}'), "schema"),
        (Shape(schema='{"properties": {"a": {"minLength": 3}}}'), "schema"),
        (Shape(rows=[Row("a"), Row("a")]), "rows"),
        (Shape(not_found="none"), "not_found"),
    ],
)
def test_what_cannot_be_read_is_told_by_its_field(shape: Shape, name: str) -> None:
    with pytest.raises(Unreadable) as told:
        data_of(shape)
    assert told.value.name == name
