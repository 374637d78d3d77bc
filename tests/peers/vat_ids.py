"""Numbers that python-stdnum makes and judges, as vectors for our own check digits.

    python3 tests/peers/vat_ids.py [write]

Without `write` it fails when python-stdnum no longer agrees with what is kept in tests/vectors/vat_ids.json.
"""

import json
import random
import sys
from pathlib import Path

from stdnum.eu import vat

KEPT = Path(__file__).parent.parent / "vectors" / "vat_ids.json"
EACH = 8
DIGITS = "0123456789"
# How numbers of a country are written: 9 is a digit, A a letter, anything else itself.
WRITTEN = {
    "AT": ["U99999999"], "BE": ["0999999999", "1999999999"], "BG": ["999999999"], "CY": ["99999999A"], "CZ": ["99999999", "699999999"],
    "DE": ["999999999"], "DK": ["99999999"], "EE": ["999999999"], "EL": ["999999999"],
    "ES": ["A9999999A", "B99999999", "X9999999A", "99999999A", "K9999999A", "Z9999999A"],
    "FI": ["99999999"], "FR": ["99999999999", "A9999999999", "9A999999999"], "HR": ["99999999999"], "HU": ["99999999"],
    "IE": ["9999999A", "9999999AA", "9A99999A", "9+99999A"], "IT": ["99999990999"], "LT": ["999999919", "999999999919"],
    "LU": ["99999999"], "LV": ["49999999999"], "MT": ["99999999"], "NL": ["999999999B99"], "PL": ["9999999999"],
    "PT": ["999999999"], "RO": ["9999", "999999", "9999999999"], "SE": ["999999999901"], "SI": ["99999999"],
    "SK": ["9929999999", "9979999999"], "XI": ["999999999", "999999999999", "GD999", "HA999"],
}


def made(form: str, dice: random.Random) -> str:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    pick = {"9": DIGITS, "A": letters}
    first = dice.choice(pick[form[0]]) if form[0] in "9" else form[0]
    return first + "".join(dice.choice(pick[c]) if c in pick else c for c in form[1:])


def other(number: str, dice: random.Random) -> str:
    """The number with one digit changed."""
    places = [at for at, c in enumerate(number) if at > 1 and c in DIGITS]
    at = dice.choice(places)
    return number[:at] + dice.choice([d for d in DIGITS if d != number[at]]) + number[at + 1:]


def main() -> int:
    if sys.argv[1:] == ["write"]:
        dice = random.Random(16931)
        valid, invalid = [], []
        for prefix, forms in sorted(WRITTEN.items()):
            for form in forms:
                good = set()
                while len(good) < EACH:
                    number = prefix + made(form, dice)
                    if vat.is_valid(number) and vat.compact(number) == number:
                        good.add(number)
                valid += sorted(good)
                wrong = {other(number, dice) for number in sorted(good)}
                invalid += sorted(n for n in wrong if not vat.is_valid(n))
        KEPT.write_text(json.dumps({"valid": valid, "invalid": invalid}, indent=None) + "\n")
    kept = json.loads(KEPT.read_text())
    wrong = [n for n in kept["valid"] if not vat.is_valid(n)] + [n for n in kept["invalid"] if vat.is_valid(n)]
    print(f"{len(kept['valid'])} valid and {len(kept['invalid'])} invalid VAT ids, {len(wrong)} judged otherwise")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
