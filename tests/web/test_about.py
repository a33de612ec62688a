"""What the server says about itself to everybody."""

from fakes.description import complaints
from fakes.web import make_world

ROOT = "http://api.test:8080/restapi"


async def test_the_versions_are_as_described() -> None:
    world = await make_world()
    reply = await world.ask("GET", "/restapi", authorization="")
    assert reply.status == 200
    assert complaints("readAPIVersions", reply.json) == []
    assert reply.json["uri"] == ROOT
    (version,) = reply.json["apiVersions"]
    assert version["uri"] == f"{ROOT}/v1.0"
    assert (await world.ask("GET", "/restapi/v1.0", authorization="")).json == version
    assert (await world.ask("GET", "/restapi/v2.0", authorization="")).status == 404
