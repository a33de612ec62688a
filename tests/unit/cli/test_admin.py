"""`ringout admin` on a data directory that no server is using."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringout.cli import admin_show
from ringout.cli.admin import COMMANDS
from ringout.cli.admin_backend import find_login, leave_login
from ringout.cli.failures import OK, REFUSED, UNREACHABLE, USAGE, CommandFailed
from ringout.cli.main import run
from ringout.service.administration.operations import OPERATIONS

INIT = ["admin", "init", "--main-number", "+16505550100", "--phone", "+16505550101"]
Admin = Callable[..., tuple[int, str, str]]


class Terminal(io.StringIO):
    """Somebody types this."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def admin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Admin:
    """Runs one command line in an empty directory: exit code, output, complaint."""
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"RINGOUT_ADMIN_{name}", raising=False)
    monkeypatch.delenv("RINGOUT_CONFIG", raising=False)

    def command(*words: str, typed: str = "", by: type[io.StringIO] = io.StringIO) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", by(typed))
        code = run(["admin", *words])
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        return code, out, err

    return command


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory after `ringout admin init`, made once: its hashes and its key take seconds."""
    home = tmp_path_factory.mktemp("prepared")
    command = [sys.executable, "-m", "ringout", *INIT, "--json"]
    subprocess.run(command, cwd=home, check=True, capture_output=True, timeout=60)
    return home / "ringout-data"


@pytest.fixture
def an_account(prepared: Path, tmp_path: Path) -> None:
    """What INIT makes is there already."""
    shutil.copytree(prepared, tmp_path / "ringout-data")


def made(admin: Admin, *options: str) -> dict[str, Any]:
    code, out, err = admin(*INIT[1:], "--json", *options)
    assert (code, err) == (OK, "")
    found: dict[str, Any] = json.loads(out)
    return found


def test_every_operation_is_a_command() -> None:
    assert set(COMMANDS) == {"admin init", *(f"admin {' '.join(operation.command)}" for operation in OPERATIONS)}


def test_init_prints_every_secret_once_and_what_to_do(admin: Admin, tmp_path: Path) -> None:
    code, out, err = admin(*INIT[1:], "--name", "Ann Example")
    assert (code, err) == (OK, "")
    for words in ("Password ", "Client secret ", "JWT ", "shown this once", "ringout serve\n", "curl -u", "[[trunks]]"):
        assert words in out
    assert "ringout call NUMBER --from +16505550101" in out
    login = json.loads((tmp_path / "ringout-data/admin-client.json").read_bytes())
    assert login["client_secret"] in out
    for path in (tmp_path / "ringout-data", *(tmp_path / "ringout-data").iterdir()):
        assert path.stat().st_mode & 0o077 == 0, path
    (user,) = json.loads(admin("users", "list", "--json")[1])
    assert (user["extension"], user["name"], user["phones"]) == ("101", "Ann Example", ["+16505550101"])


def test_no_secret_of_init_is_stored_but_the_login_of_the_administration(admin: Admin, tmp_path: Path) -> None:
    secrets = made(admin)
    data = {path.name: path.read_bytes() for path in (tmp_path / "ringout-data").iterdir()}
    for name in ("password", "clientSecret", "jwt", "adminClientSecret"):
        holders = [file for file, content in data.items() if secrets[name].encode() in content]
        assert holders == (["admin-client.json"] if name == "adminClientSecret" else []), name


def test_init_asks_on_a_terminal(admin: Admin) -> None:
    typed = "020 7946 0000\ngb\n\nAnn\n\n\n\n"
    code, out, _ = admin("init", "--company", "Acme", typed=typed, by=Terminal)
    assert code == OK
    assert "Country (ISO 3166) [us]: " in out
    (account,) = json.loads(admin("accounts", "list", "--json")[1])
    assert (account["mainNumber"], account["country"], account["company"]) == ("+442079460000", "gb", "Acme")


def test_init_asks_again_when_an_answer_is_refused(admin: Admin) -> None:
    first = "\n+16505550100\n\nAcme\n\nAnn Example\nnobody\n+442079460000\n\n"
    code, out, err = admin("init", typed=first, by=Terminal)
    assert (code, err) == (USAGE, "ringout: no answer.\n")
    assert out.count("The company's number, as your trunk knows it: ") == 2, "the empty answer"
    assert "refused: Parameter [email] value is invalid. It is no e-mail address.\nOnce more" in out
    assert "The company's number, as your trunk knows it [+16505550100]: " in out

    second = "\n\n\n\n\n-\n\nmaybe\n\n"  # the phone is abroad
    third = "\n\n\n\n\n\n\nyes\n"
    code, out, err = admin("init", typed=first + second + third, by=Terminal)
    assert (code, err) == (OK, "")
    assert "calls to other countries are not allowed (--international)" in out
    (user,) = json.loads(admin("users", "list", "--json")[1])
    assert (user["name"], user["email"], user["phones"]) == ("Ann Example", "", ["+442079460000"])
    code, out, err = admin("init", typed="", by=Terminal)
    assert (code, out, "already" in err) == (REFUSED, "", True)


def test_the_usual_extension_is_no_call_for_help(admin: Admin) -> None:
    code, _, err = admin("init", "--main-number", "+3225551234", "--country", "be")
    assert (code, err) == (OK, "")
    (user,) = json.loads(admin("users", "list", "--json")[1])
    assert user["extension"] == "201"


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["init"], USAGE, "--main-number"),
        (["init", "--main-number", "x"], REFUSED, "[mainNumber]"),
        (["init", "--main-number", "+16505550100", "--country", "zz"], REFUSED, "[country]"),
        (["init", "--main-number", "+16505550100", "--extension", "911"], REFUSED, "emergency"),
        (["init", "--main-number", "+16505550100", "--phone", "+442079460000"], REFUSED, "--international"),
        (["init", "--main-number", "+16505550100", "--password", "x"], USAGE, "--password"),
        (["users", "list"], USAGE, "ringout admin init"),
        (["users", "create"], USAGE, "EXTENSION"),
        (["nonsense"], USAGE, "nonsense"),
        (["users", "list", "--url", "http://127.0.0.1:1"], USAGE, "RINGOUT_ADMIN_CLIENT_ID"),
    ],
)
def test_before_there_is_an_account(admin: Admin, options: list[str], code: int, words: str) -> None:
    found, out, err = admin(*options)
    assert (found, out) == (code, "")
    assert err.startswith("ringout: ")
    assert words in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (INIT[1:], REFUSED, "There is an account already"),
        (["users", "create", "101"], REFUSED, "[extension] value is already in use"),
        (["users", "create", "1x"], REFUSED, "one to eight digits"),
        (["users", "show", "999"], REFUSED, "[user] is not found"),
        (["users", "delete", "999", "--json"], REFUSED, "[user] is not found"),
        (["users", "list", "--account", "7"], REFUSED, "[account] is not found"),
        (["forwarding-numbers", "add", "101", "+16505550199", "--type", "Car"], USAGE, "type: Invalid enum value"),
        (["forwarding-numbers", "add", "101", "+16505550199", "--type", "Car"], USAGE, "Mobile, Work"),
        (["clients", "create", "--grants", "magic"], USAGE, "jwt, authorization_code"),
        (["numbers", "add", "hello"], REFUSED, "It is no phone number"),
        (["balance", "add", "many"], USAGE, "many"),
        (["users", "update", "101"], USAGE, "users update --help"),
        (["features", "set"], USAGE, "nothing to change"),
        (["balance", "add", "1.5"], USAGE, "1.5"),
        (["balance", "add", "--note", "x", "--", "-1e3"], USAGE, "-1e3"),
        (["jwts", "create", "101", "--days", "1.5"], USAGE, "1.5"),
        (["users", "set-password", "101"], USAGE, "no password on standard input"),
        (["users", "set-password", "101", "secret"], USAGE, "secret"),
        (["clients", "create", "--scopes", "Everything"], REFUSED, "[scopes]"),
    ],
)
@pytest.mark.usefixtures("an_account")
def test_what_is_refused_is_one_sentence(admin: Admin, options: list[str], code: int, words: str) -> None:
    found, out, err = admin(*options)
    assert (found, out) == (code, "")
    assert words in err
    assert err.count("\n") == 1


def test_a_configuration_with_an_account_needs_no_init(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "ringout.toml").write_text('[[account.extensions]]\nextension = "101"\n')
    code, _, err = admin(*INIT[1:])
    assert (code, "describes an account already" in err) == (USAGE, True)
    code, _, err = admin("users", "list")
    assert (code, "ringout serve" in err) == (USAGE, True)


@pytest.mark.usefixtures("an_account")
def test_lists_and_records_for_people(admin: Admin) -> None:
    admin("users", "create", "102", "--first-name", "[red]Bob", "--email", "bob@example.com")
    head, first, second = admin("users", "list")[1].splitlines()
    assert head.split() == ["Id", "Extension", "Name", "Email", "Phones", "Numbers", "Enabled"]
    assert first.split()[1:3] == ["101", "-"]
    assert second.split()[1:4] == ["102", "[red]Bob", "bob@example.com"]
    assert "Main number" in admin("accounts", "show")[1]
    assert admin("numbers", "list")[1] == "There are none.\n"
    assert admin("users", "delete", "102") == (OK, "Done.\n", "")


@pytest.mark.usefixtures("an_account")
def test_json_is_one_line_always(admin: Admin) -> None:
    assert admin("numbers", "list", "--json")[1] == "[]\n"
    assert json.loads(admin("caller-id", "set", "101", "current", "--json")[1]) == {"ringOut": "current"}
    assert admin("blocked", "remove", "+1900", "--json")[1] == "{}\n"
    prefixes = json.loads(admin("blocked", "add", "+44", "+49", "--json")[1])["prefixes"]
    assert prefixes[-2:] == ["+44", "+49"]
    assert json.loads(admin("balance", "add", "70", "--json")[1])["balance"] == 70
    assert json.loads(admin("balance", "add", "-30", "--note", "x", "--json")[1])["balance"] == 40
    newest = json.loads(admin("balance", "entries", "--limit", "1", "--json")[1])
    assert [entry["amount"] for entry in newest] == [-30]
    features = json.loads(admin("features", "set", "--international", "--no-ring-out", "--json")[1])
    assert features == {"ringOut": False, "international": True}


@pytest.mark.usefixtures("an_account")
def test_options_that_are_lists(admin: Admin) -> None:
    uris = ["https://a.example/x,y", "com.example.app:/done"]
    words = ["--scopes", "RingOut,ReadAccounts", "ReadPresence", "--redirect-uris", *uris, "--grants", "jwt"]
    client = json.loads(admin("clients", "create", "--public", "--json", *words)[1])
    assert client["scopes"] == ["RingOut", "ReadAccounts", "ReadPresence"]
    assert (client["redirectUris"], client["grants"]) == (uris, ["jwt"])
    emptied = json.loads(admin("clients", "update", client["clientId"], "--redirect-uris", "", "--json")[1])
    assert emptied["redirectUris"] == []


@pytest.mark.usefixtures("an_account")
def test_a_password_comes_from_standard_input(admin: Admin, tmp_path: Path) -> None:
    code, out, _ = admin("users", "set-password", "101", typed="correct horse battery\n")
    assert (code, "correct" in out) == (OK, False)
    code, out, _ = admin("users", "create", "102", "--ask-password", "--json", typed="another password\n")
    assert (code, json.loads(out)["hasPassword"]) == (OK, True)
    assert b"correct horse" not in (tmp_path / "ringout-data/ringout.sqlite").read_bytes()


@pytest.mark.usefixtures("an_account")
def test_a_secret_is_shown_once_with_a_word_about_it(admin: Admin) -> None:
    for words, name in (
        (["users", "set-password", "101", "--generate"], "Password"),
        (["users", "create", "102", "--generate-password"], "Password"),
        (["clients", "create"], "Client secret"),
        (["jwts", "create", "101"], "Jwt"),
    ):
        out = admin(*words)[1]
        found = re.search(rf"^{name}: (\S{{20,}})\n{admin_show.ONCE}$", out, re.MULTILINE)
        assert found, words
        assert out.count(found[1]) == 1
    for words in (["users", "show", "101"], ["clients", "list"], ["jwts", "list", "101"]):
        assert admin_show.ONCE not in admin(*words)[1]


@pytest.mark.usefixtures("an_account")
def test_a_password_is_typed_twice_on_a_terminal(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["one password", "another password", "one password", "one password"])
    monkeypatch.setattr("getpass.getpass", lambda prompt: next(typed))
    different = admin("users", "set-password", "101", by=Terminal)
    assert different[::2] == (USAGE, "ringout: the two are not the same.\n")
    assert admin("users", "set-password", "101", by=Terminal)[0] == OK


@pytest.mark.usefixtures("an_account")
def test_an_extension_is_a_user(admin: Admin) -> None:
    assert admin("extensions", "list")[1] == admin("users", "list")[1]


def test_data_that_is_none_is_one_sentence(admin: Admin, tmp_path: Path) -> None:
    (tmp_path / "ringout-data").mkdir()
    (tmp_path / "ringout-data/ringout.sqlite").write_bytes(b"no database" * 200)
    code, out, err = admin("users", "list")
    assert (code, out) == (UNREACHABLE, "")
    assert "ringout.sqlite" in err


def test_serve_says_how_to_begin(tmp_path: Path) -> None:
    """A real process: it must end, with nothing left listening and no traceback."""
    (tmp_path / "ringout.toml").write_text(
        '[http]\nport = 0\n[sip]\nlisten = ["udp:127.0.0.1:0"]\n[media]\nfirst_port = 40000\nlast_port = 40099\n'
    )
    ended = subprocess.run(
        [sys.executable, "-m", "ringout", "serve"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (USAGE, "")
    assert ended.stderr.count("\n") == 1
    assert "ringout admin init" in ended.stderr


def test_the_first_start_needs_no_more_than_init(admin: Admin, tmp_path: Path) -> None:
    """After a start without an account the data directory is there, and empty all the same."""
    test_serve_says_how_to_begin(tmp_path)
    assert made(admin)["extension"] == "101"


ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.usefixtures("an_account")
def test_the_commands_of_the_manual_work(admin: Admin) -> None:
    """Every one of docs/how-to/administer.md that is whole, in its order."""
    page = (ROOT / "docs/how-to/administer.md").read_text()
    lines = re.findall(r"^ringout (admin .*?)(?: +#.*)?$", page, re.MULTILINE)
    whole = [shlex.split(line) for line in lines if "CLIENT_ID" not in line]
    assert len(whole) >= 14
    for words in whole:
        code, _, err = admin(*words[1:])
        assert (code, err) == (OK, ""), words


@pytest.mark.parametrize("part", ["RINGOUT_ADMIN_CLIENT_ID", "RINGOUT_ADMIN_CLIENT_SECRET"])
def test_half_a_login_in_the_environment_counts_as_none(tmp_path: Path, part: str) -> None:
    with pytest.raises(CommandFailed, match="no login"):
        find_login(tmp_path, {part: "x"})
    leave_login(tmp_path, "kept", "secret")
    assert find_login(tmp_path, {part: "x"}).client_id == "kept"
    both = {"RINGOUT_ADMIN_CLIENT_ID": "named", "RINGOUT_ADMIN_CLIENT_SECRET": "x"}
    assert find_login(tmp_path, both).client_id == "named"
