"""Makes the shipped prompts with espeak-ng: `python tools/make_prompts.py`. Offline; needs Debian's espeak-ng and sox.

Each becomes 8 kHz, mono, 16 bit, 250-3500 Hz, about -19 dBFS, padded to whole frames of 20 ms.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from array import array
from math import sqrt
from pathlib import Path

from ringout.audio import wav

TARGET = Path(__file__).parents[1] / "src" / "ringout" / "media" / "prompts"
LEVEL = 32768 * 10 ** (-19 / 20)  # root mean square of what is not silence
FRAME = 160

# language directory: (espeak-ng voice, press_1, wrong_key, goodbye)
TEXTS = {
    "cs": (
        "cs",
        "Vaše volání se spojuje. Pro spojení stiskněte jedničku.",
        "To nebyla jednička.",
        "Jednička nebyla stisknuta. Volání se neuskuteční. Na shledanou.",
    ),
    "da": (
        "da",
        "Her er dit opkald. Tryk på et for at blive forbundet.",
        "Det var ikke et.",
        "Der blev ikke trykket på et. Opkaldet bliver ikke foretaget. Farvel.",
    ),
    "de": (
        "de",
        "Hier ist Ihr Anruf. Drücken Sie die Eins, um verbunden zu werden.",
        "Das war nicht die Eins.",
        "Die Eins wurde nicht gedrückt. Der Anruf wird nicht ausgeführt. Auf Wiederhören.",
    ),
    "en": (
        "en-us",
        "This is the call you asked for. Press 1 to be connected.",
        "That was not a 1.",
        "No 1 was pressed. The call is not placed. Goodbye.",
    ),
    "es": (
        "es",
        "Esta es la llamada que ha pedido. Pulse uno para conectarla.",
        "Esa tecla no era el uno.",
        "No se ha pulsado el uno. La llamada no se realizará. Adiós.",
    ),
    "fi": (
        "fi",
        "Tässä on pyytämäsi puhelu. Yhdistä painamalla yksi.",
        "Se ei ollut yksi.",
        "Numeroa yksi ei painettu. Puhelua ei soiteta. Näkemiin.",
    ),
    "fr": (
        "fr-fr",
        "Voici l'appel que vous avez demandé. Appuyez sur un pour être mis en relation.",
        "Ce n'était pas la touche un.",
        "La touche un n'a pas été pressée. L'appel n'aura pas lieu. Au revoir.",
    ),
    "it": (
        "it",
        "Questa è la chiamata richiesta. Prema uno per essere messo in comunicazione.",
        "Quel tasto non era l'uno.",
        "Il tasto uno non è stato premuto. La chiamata non verrà effettuata. Arrivederci.",
    ),
    "nb": (
        "nb",
        "Her er samtalen du ba om. Trykk en for å bli koblet til.",
        "Det var ikke en.",
        "En ble ikke trykket. Samtalen blir ikke foretatt. Ha det.",
    ),
    "nl": (
        "nl",
        "Dit is het gesprek dat u hebt aangevraagd. Druk op één om verbonden te worden.",
        "Dat was niet de één.",
        "Er is niet op één gedrukt. Het gesprek gaat niet door. Tot ziens.",
    ),
    "pl": (
        "pl",
        "To jest zamówiona rozmowa. Aby się połączyć, naciśnij jeden.",
        "To nie był klawisz jeden.",
        "Nie naciśnięto klawisza jeden. Rozmowa nie zostanie nawiązana. Do widzenia.",
    ),
    "pt": (
        "pt-br",
        "Esta é a chamada que você pediu. Pressione um para ser conectado.",
        "Essa tecla não era o um.",
        "O um não foi pressionado. A chamada não será feita. Até logo.",
    ),
    "sv": (
        "sv",
        "Här är samtalet du bad om. Tryck ett för att kopplas.",
        "Det var inte en etta.",
        "Ingen etta trycktes. Samtalet rings inte upp. Hej då.",
    ),
}
NAMES = ("press_1", "wrong_key", "goodbye")


def speak(text: str, voice: str) -> array[int]:
    """What espeak-ng says, band-limited to telephone quality, at the level it must have."""
    with tempfile.TemporaryDirectory() as folder:
        raw, cut = Path(folder) / "raw.wav", Path(folder) / "cut.wav"
        subprocess.run(["espeak-ng", "-v", voice, "-s", "150", "-w", str(raw), text], check=True)
        sound = ["rate", "-h", "8000", "sinc", "250-3500", "gain", "-n", "-6"]
        subprocess.run(["sox", "-R", raw, "-D", "-b", "16", "-c", "1", cut, *sound], check=True)
        return level(wav.read(cut.read_bytes()))


def level(samples: array[int]) -> array[int]:
    """Scaled to LEVEL, peaks kept inside 16 bits, silence at the ends cut to 100 ms, padded to whole frames."""
    loud = [index for index, sample in enumerate(samples) if abs(sample) > 300]
    samples = samples[max(0, loud[0] - 800) : loud[-1] + 800]
    voiced = [sample for sample in samples if abs(sample) > 300]
    factor = LEVEL / sqrt(sum(sample * sample for sample in voiced) / len(voiced))
    scaled = array("h", [max(-32768, min(32767, round(sample * factor))) for sample in samples])
    scaled.extend(array("h", bytes(2 * (-len(scaled) % FRAME))))
    return scaled


def main() -> None:
    total = 0
    for language, (voice, *texts) in TEXTS.items():
        folder = TARGET / language
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in zip(NAMES, texts, strict=True):
            data = wav.write(speak(text, voice))
            (folder / f"{name}.wav").write_bytes(data)
            total += len(data)
    sys.stdout.write(f"{len(TEXTS)} languages, {total} bytes\n")


if __name__ == "__main__":
    main()
