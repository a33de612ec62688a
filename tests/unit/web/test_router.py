from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.web import routes
from ringout.web.router import Router

TEMPLATES = ("/", "/a", "/a/{id}", "/a/{id}/b", "/a/{id}/b/{b}", "/a/own", "/a/own/c")


@pytest.fixture
def router() -> Router[str]:
    made: Router[str] = Router()
    for template in TEMPLATES:
        made.add(template, template)
    return made


@pytest.mark.parametrize(
    ("path", "template", "parameters"),
    [
        ("/", "/", {}),
        ("/a", "/a", {}),
        ("/a/1", "/a/{id}", {"id": "1"}),
        ("/a/~", "/a/{id}", {"id": "~"}),
        ("/%61/1", "/a/{id}", {"id": "1"}),
        ("/a/%7E/b", "/a/{id}/b", {"id": "~"}),
        ("/a/1%2Fb", "/a/{id}", {"id": "1/b"}),
        ("/a/1%2C2/b/%C3%A4", "/a/{id}/b/{b}", {"id": "1,2", "b": "ä"}),
        ("/a/%FF", "/a/{id}", {"id": "\ufffd"}),
        ("/a/%", "/a/{id}", {"id": "%"}),
        ("/a/own", "/a/own", {}),
        ("/a/own/c", "/a/own/c", {}),
        ("/a/own/b", None, {}),
        ("/a/1/c", None, {}),
        ("/a//b", None, {}),
        ("//a", None, {}),
        ("/a/1/b/2/3", None, {}),
        ("/A", None, {}),
        ("*", None, {}),
        ("", None, {}),
    ],
)
def test_paths(router: Router[str], path: str, template: str | None, parameters: dict[str, str]) -> None:
    assert router.find(path) == (None if template is None else (template, parameters))


@pytest.mark.parametrize("template", ["/a", "/a/{id}", "/a/{other}", "/a/{other}/d"])
def test_templates_that_contradict_others(router: Router[str], template: str) -> None:
    with pytest.raises(ValueError, match=r"twice|elsewhere"):
        router.add(template, template)


@given(st.sampled_from(routes.RESOURCES), st.text(min_size=1), st.text(min_size=1))
def test_every_url_is_found_with_whatever_ids(resource: object, one: str, other: str) -> None:
    router: Router[str] = Router()
    for each in routes.RESOURCES:
        router.add(each.path, each.path)
    path = getattr(resource, "path", "")
    names = [segment for segment in path.split("/") if segment.startswith("{")]
    wanted = {}
    for index, name in enumerate(names):
        wanted[name.strip("{}")] = value = other if index % 2 else one
        path = path.replace(name, quote(value.encode("utf-8", "replace"), safe=""))
    found = router.find(path)
    assert found is not None
    served, parameters = found
    if served == getattr(resource, "path", ""):  # else an id is spelt as one of our words
        assert parameters == {k: v.encode("utf-8", "replace").decode() for k, v in wanted.items()}


def test_a_path_of_thousands_of_segments_ends_at_the_first_wrong_one(
    router: Router[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    monkeypatch.setattr("ringout.web.router.unquote", lambda segment: read.append(segment) or segment)
    assert router.find("/%41" * 5000) is None
    assert len(read) == 1
