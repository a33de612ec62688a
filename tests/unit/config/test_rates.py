"""[[rates]] and the first balance in a configuration."""

from pathlib import Path

import pytest

from ringout.config import Config, RateConfig
from ringout.config_file import ConfigMistakes, load_config

RATE = '[[rates]]\nprefix = "+"\nunits_per_minute = 1\n'


def load(tmp_path: Path, text: str, **environ: str) -> Config:
    file = tmp_path / "ringout.toml"
    file.write_text(text)
    return load_config(file, environ)


def test_rates_are_read_and_the_environment_may_change_one(tmp_path: Path) -> None:
    text = '[account]\nbalance = 500\n[[rates]]\nprefix = "+1"\nunits_per_minute = 3\n' + RATE
    config = load(tmp_path, text, RINGOUT_RATES__1_UNITS_PER_MINUTE="7", RINGOUT_ACCOUNT_BALANCE="600")
    assert config.rates == (RateConfig("+1", 7), RateConfig("+", 1))
    assert config.account.balance == 600


@pytest.mark.parametrize(
    ("text", "setting", "what"),
    [
        ('[[rates]]\nprefix = "44"\nunits_per_minute = 1\n', "rates.1.prefix", "is not a prefix"),
        ('[[rates]]\nprefix = "+44 20"\nunits_per_minute = 1\n', "rates.1.prefix", "is not a prefix"),
        ('[[rates]]\nprefix = "+44"\nunits_per_minute = -1\n', "rates.1.units_per_minute", "out of range"),
        ('[[rates]]\nprefix = "+44"\nunits_per_minute = 1.5\n', "rates.1.units_per_minute", "is not a whole number"),
        ('[[rates]]\nprefix = "+44"\n', "rates.1", "units_per_minute is missing"),
        (RATE + RATE, "rates.2.prefix", "second time"),
        ("[account]\nbalance = 5\n", "account.balance", "no rate"),
        ("[account]\nbalance = -5\n" + RATE, "account.balance", "out of range"),
        ("[account]\nbalance = 2000000000000000\n" + RATE, "account.balance", "out of range"),
        ('[account]\nbalance = "5"\n' + RATE, "account.balance", "is not a whole number"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, setting: str, what: str) -> None:
    with pytest.raises(ConfigMistakes) as caught:
        load(tmp_path, text)
    (mistake,) = caught.value.mistakes
    assert what in mistake.what
    assert mistake.setting == setting
