"""Check digits: what tells a card, an account or a person's number from any other number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_FINNISH_SIGNS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
# The table of D5's multiplication and of the permutation, after Verhoeff (1969), as Aadhaar numbers use them.
_VERHOEFF_PRODUCT = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_FISCAL_ODD = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21) * 2 + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def digits_of(text: str) -> list[int]:
    """The decimal digits in a text, of whatever script."""
    return [int(character) for character in text if character.isdecimal()]


def number_of(text: str) -> int:
    """The digits of a text as one number; 0 without any."""
    return int("".join(map(str, digits_of(text))) or "0")


def luhn(digits: Sequence[int]) -> bool:
    """The check digit rule of ISO/IEC 7812-1."""
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def card(text: str) -> bool:
    """Luhn's rule for the digits of a text."""
    return luhn(digits_of(text))


def iban(text: str) -> bool:
    """ISO 13616: the rest of the division by 97 is 1, letters standing for 10 to 35."""
    plain = "".join(character for character in text if character.isalnum())
    return int("".join(str(int(character, 36)) for character in plain[4:] + plain[:4])) % 97 == 1


def weighted(digits: Sequence[int], weights: Sequence[int]) -> int:
    """The sum of the digits times their weights."""
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=False))


def is_day(year: int, month: int, day: int) -> bool:
    """Whether there is such a date."""
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def dni(text: str) -> bool:
    """Spain's DNI and NIE: the letter is the number modulo 23, where X, Y and Z begin it as 0, 1 and 2."""
    first = text[0].upper()
    number = f"{'XYZ'.index(first)}" if first in "XYZ" else ""
    number += "".join(map(str, digits_of(text)))
    return _DNI_LETTERS[int(number) % 23] == text[-1].upper()


def nir(text: str) -> bool:
    """France's NIR: 97 less the number modulo 97 (Corsica's 2A and 2B count as 19 and 18), with a month that exists."""
    plain = "".join(character for character in text.upper() if character.isalnum())
    number = plain[:13].replace("2A", "19").replace("2B", "18")
    month = int(plain[3:5])
    return number.isdecimal() and 97 - int(number) % 97 == int(plain[13:]) and (1 <= month <= 12 or month >= 20)


def codice_fiscale(text: str) -> bool:
    """Italy's codice fiscale: odd places by a table, even ones by value, modulo 26."""
    signs = text.upper()
    odd = sum(_FISCAL_ODD[sign] for sign in signs[:15:2])
    even = sum(int(sign, 36) if sign.isdecimal() else ord(sign) - ord("A") for sign in signs[1:15:2])
    return chr(ord("A") + (odd + even) % 26) == signs[15]


def belgian(text: str) -> bool:
    """Belgium's register number: 97 less the first nine digits modulo 97, a 2 before them for those born from 2000."""
    number = number_of(text)
    first, check = divmod(number, 100)
    return check in (97 - first % 97, 97 - (2_000_000_000 + first) % 97)


def swedish(text: str) -> bool:
    """Sweden's personnummer: a date of birth and Luhn over the last ten digits; with a century only up to 2015, since
    later ones look like times."""
    digits = digits_of(text)
    if len(digits) == 12 and not 1890 <= number_of(text) // 10**8 <= 2015:
        return False
    short = digits[-10:]
    month, day = short[2] * 10 + short[3], short[4] * 10 + short[5]
    return is_day(2000, month, day - 60 * (day > 60)) and luhn(short)


def finnish(text: str) -> bool:
    """Finland's henkilötunnus: day, month, year and number modulo 31 name the last sign."""
    digits = digits_of(text[:6])
    day, month = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    return is_day(2000, month, day) and _FINNISH_SIGNS[int(text[:6] + text[7:10]) % 31] == text[10].upper()


def swedish_or_finnish(text: str) -> bool:
    """Two countries' numbers have the same shape."""
    return (text[-4:].isdecimal() and text[-5] in "-+" and swedish(text)) or (len(text) == 11 and finnish(text))


def norwegian(text: str) -> bool:
    """Norway's fødselsnummer: a date and two check digits modulo 11."""
    digits = digits_of(text)
    day, month = digits[0] * 10 + digits[1], digits[2] * 10 + digits[3]
    first = weighted(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2, 1))
    second = weighted(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1))
    return is_day(2000, month, day) and first % 11 == 0 and second % 11 == 0


def ahv(text: str) -> bool:
    """Switzerland's AHV number: EAN-13's check digit."""
    digits = digits_of(text)
    return weighted(digits, (1, 3) * 6 + (1,)) % 10 == 0


def cpf(text: str) -> bool:
    """Brazil's CPF: two check digits modulo 11; eleven equal digits are none."""
    digits = digits_of(text)
    first = weighted(digits, range(10, 1, -1)) * 10 % 11 % 10
    second = weighted(digits, range(11, 1, -1)) * 10 % 11 % 10
    return len(set(digits)) > 1 and digits[9:] == [first, second]


def chinese(text: str) -> bool:
    """China's resident number (GB 11643): ISO 7064 modulo 11-2, with a date of birth."""
    digits = digits_of(text[:17])
    year, month, day = int(text[6:10]), int(text[10:12]), int(text[12:14])
    rest = sum(digit * 2 ** (17 - place) for place, digit in enumerate(digits)) % 11
    return is_day(year, month, day) and "10X98765432"[rest] == text[17].upper()


def aadhaar(text: str) -> bool:
    """India's Aadhaar number: Verhoeff's check digit."""
    check = 0
    for place, digit in enumerate(reversed(digits_of(text))):
        turned = int(_VERHOEFF_TURN[place % 8][digit])
        check = int(_VERHOEFF_PRODUCT[check][turned])
    return check == 0


def korean(text: str) -> bool:
    """South Korea's resident number: a date of birth (newer ones have no check digit)."""
    digits = digits_of(text)
    return is_day(2000, digits[2] * 10 + digits[3], digits[4] * 10 + digits[5])
