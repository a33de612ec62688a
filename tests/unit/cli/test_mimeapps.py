"""mimeapps.list: we come first, leave no trace, and whatever else stands there stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringout.cli.handler.mimeapps import first, put_first, take_out

TEL = "x-scheme-handler/tel"
OURS = "ringout.desktop"
OTHERS = "# mine\n[Added Associations]\ntext/plain=a.desktop;\n\n[Default Applications]\ntext/plain=a.desktop\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"[Default Applications]\n{TEL}={OURS}\n"),
        (OTHERS, OTHERS.replace("[Default Applications]\n", f"[Default Applications]\n{TEL}={OURS}\n")),
        (f"[Default Applications]\n{TEL}=b.desktop\n", f"[Default Applications]\n{TEL}={OURS};b.desktop\n"),
        (f"[Default Applications]\n{TEL}=b.desktop;{OURS};\n", f"[Default Applications]\n{TEL}={OURS};b.desktop\n"),
        ("[Added Associations]\na=b", f"[Added Associations]\na=b\n\n[Default Applications]\n{TEL}={OURS}\n"),
        (
            f"[Default Applications]\n[Removed Associations]\n{TEL}=b.desktop\n",
            f"[Default Applications]\n{TEL}={OURS}\n[Removed Associations]\n{TEL}=b.desktop\n",
        ),
    ],
)
def test_we_come_first(before: str, after: str) -> None:
    assert put_first(before, [TEL], OURS) == after
    assert first(after, TEL) == OURS
    assert put_first(after, [TEL], OURS) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", ""),
        (OTHERS, OTHERS),
        (f"[Default Applications]\n{TEL}={OURS}\n", ""),
        (f"[Default Applications]\n{TEL}={OURS};b.desktop\n", f"[Default Applications]\n{TEL}=b.desktop\n"),
        (f"[Added Associations]\n{TEL}={OURS};\ntext/plain=a\n", "[Added Associations]\ntext/plain=a\n"),
        (f"[Default Applications]\ntext/plain={OURS}\n", f"[Default Applications]\ntext/plain={OURS}\n"),
    ],
)
def test_we_leave_no_trace(before: str, after: str) -> None:
    assert take_out(before, [TEL], OURS) == after


lines = st.sampled_from(
    ["", "# a remark", "[Default Applications]", "[Added Associations]", "[x]", f"{TEL}=b.desktop;c.desktop", "a=b;c;"]
)


@given(st.lists(lines, max_size=12))
def test_whoever_was_there_before_is_back(written: list[str]) -> None:
    before = "\n".join(written) + "\n"
    through = put_first(before, [TEL, "x-scheme-handler/callto"], OURS)
    assert first(through, TEL) == OURS
    after = take_out(through, [TEL, "x-scheme-handler/callto"], OURS)
    assert OURS not in after
    assert first(after, TEL) == first(before, TEL)
    kept = [line for line in after.splitlines() if line.strip() and line != "[Default Applications]"]
    assert kept == [line for line in before.splitlines() if line.strip() and line != "[Default Applications]"]
