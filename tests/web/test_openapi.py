import json
from pathlib import Path

from fakes.web import make_world
from ringout.web import reference, routes

ROOT = Path(__file__).parents[2]


async def test_the_document_is_served_and_whole() -> None:
    world = await make_world()
    document = (await world.ask("GET", "/openapi.json", authorization="")).json
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {resource.path for resource in routes.RESOURCES}
    text = json.dumps(document)
    for name in document["components"]["schemas"]:
        assert f"#/components/schemas/{name}" in text
    statuses = document["components"]["schemas"]["PartyStatus"]["enum"]
    assert "NoSuchUser" in statuses
    assert document["components"]["schemas"]["MakeRingOutRequest"]["required"] == ["to"]


def test_the_written_reference_is_up_to_date() -> None:
    written = (ROOT / "docs" / "reference" / "api.md").read_text()
    assert written == reference.render(), "run python -m ringout.web.reference > docs/reference/api.md"
