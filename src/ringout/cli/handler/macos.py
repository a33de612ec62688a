"""macOS: a small application in ~/Applications whose Info.plist names the schemes.

macOS hands links to applications as Apple events, never as arguments. `osacompile`, part of every macOS, makes an
application out of a script that understands them; we add what makes it the one for our schemes.
"""

from __future__ import annotations

import json
import os
import plistlib
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ringout.cli import user_files
from ringout.cli.handler.desktop import SCHEMES, Owner, Run, run

BUNDLE = "RingOut Links.app"
IDENTIFIER = "org.ringout.links"
_REGISTER = "/System/Library/Frameworks/CoreServices.framework/Frameworks/LaunchServices.framework/Support/lsregister"
_OWNER = """
ObjC.import("AppKit");
function run(links) {
  return links.map((link) => {
    const app = $.NSWorkspace.sharedWorkspace.URLForApplicationToOpenURL($.NSURL.URLWithString(link));
    return app.isNil() ? "" : ObjC.unwrap(app.path);
  }).join("\\n");
}
"""
_CLAIM = """
ObjC.import("AppKit");
function run(words) {
  const app = $.NSURL.fileURLWithPath(words.shift());
  words.forEach((scheme) => $.NSWorkspace.sharedWorkspace
    .setDefaultApplicationAtURLToOpenURLsWithSchemeCompletionHandler(app, scheme, $()));
  $.NSRunLoop.currentRunLoop.runUntilDate($.NSDate.dateWithTimeIntervalSinceNow(1));
}
"""


class MacDesktop:
    """This user's Applications folder alone."""

    step = "open any such link, and choose RingOut Links when macOS asks (for tel: in FaceTime > Settings)"

    def __init__(self, environ: Mapping[str, str] = os.environ, run: Run = run) -> None:
        self._run = run
        self.bundle = user_files.home(environ) / "Applications" / BUNDLE

    def install(self, command: Sequence[str]) -> None:
        self.bundle.parent.mkdir(parents=True, exist_ok=True)
        if self.bundle.exists():
            shutil.rmtree(self.bundle)
        self._run(("osacompile", "-o", str(self.bundle), *_as_options(apple_script(command))))
        file = self.bundle / "Contents" / "Info.plist"
        file.write_bytes(plistlib.dumps(info_plist(plistlib.loads(file.read_bytes()))))
        self._run(("codesign", "--force", "--deep", "--sign", "-", str(self.bundle)))  # what we added broke the seal
        self._run((_REGISTER, "-f", str(self.bundle)))
        self._run(("osascript", "-l", "JavaScript", "-e", _CLAIM, str(self.bundle), *SCHEMES))

    def uninstall(self) -> None:
        if self.bundle.exists():
            self._run((_REGISTER, "-u", str(self.bundle)))
            shutil.rmtree(self.bundle)

    def owners(self) -> list[Owner]:
        links = [f"{scheme}:1" for scheme in SCHEMES]
        paths = self._run(("osascript", "-l", "JavaScript", "-e", _OWNER, *links)).rstrip("\n").split("\n")
        paths += [""] * (len(SCHEMES) - len(paths))
        return [
            Owner(scheme, Path(path).name, ours=path == str(self.bundle))
            for scheme, path in zip(SCHEMES, paths, strict=False)
        ]


def apple_script(command: Sequence[str]) -> tuple[str, ...]:
    """Its lines. Whatever a link says stays one word of the shell: `quoted form of` sees to it."""
    words = ' & " " & '.join(f"quoted form of {_text(word)}" for word in command)
    return (
        "on open location theLink",
        f'do shell script {words} & " " & quoted form of theLink & " >/dev/null 2>&1 &"',
        "end open location",
    )


def info_plist(made: Mapping[str, Any]) -> dict[str, Any]:
    """made: what osacompile wrote. With an identity, without a place in the Dock, and with our schemes."""
    return {
        **made,
        "CFBundleIdentifier": IDENTIFIER,
        "CFBundleName": "RingOut Links",
        "CFBundleDisplayName": "RingOut Links",
        "CFBundlePackageType": "APPL",
        "LSUIElement": True,
        "CFBundleURLTypes": [
            {
                "CFBundleURLName": f"{IDENTIFIER}.number",
                "CFBundleTypeRole": "Viewer",
                "CFBundleURLSchemes": list(SCHEMES),
            }
        ],
    }


def _text(word: str) -> str:
    """An AppleScript string; its escapes for these two characters are JSON's."""
    if any(ord(character) < 32 for character in word):
        raise OSError(f"a program whose path has control characters in it cannot be registered: {word!r}")
    return json.dumps(word, ensure_ascii=False)


def _as_options(lines: Sequence[str]) -> list[str]:
    return [word for line in lines for word in ("-e", line)]
