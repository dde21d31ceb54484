"""Who the made-up operator serves: each account drawn from its own seed, so that N accounts are the first N of more."""

import datetime as dt
import random
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from relance.faces.console.synthetic import stocks
from relance.faces.console.synthetic.plan import Plan


class Character(StrEnum):
    """How an account pays its invoices."""

    PUNCTUAL = "punctual"
    FORGETFUL = "forgetful"
    STRUGGLING = "struggling"
    DISPUTING = "disputing"
    VANISHING = "vanishing"
    SLOW = "slow"


@dataclass(frozen=True, slots=True)
class Line:
    """A service billed on the account and its monthly price, tax included, in cents."""

    identifier: str
    kind: str
    activated_on: dt.date
    monthly_minor: int


@dataclass(frozen=True, slots=True)
class Account:
    """A billing account with its lines, its character and the day of the month on which it is billed."""

    index: int
    number: str
    name: str
    kind: str
    segment: str
    credit_class: str
    language: str
    email: str
    mobile: str
    phone: str
    address1: str
    postcode: str
    city: str
    siren: str
    payment_method: str
    sales_rep: str
    opened_on: dt.date
    character: Character
    bill_day: int
    lines: tuple[Line, ...]


_CHARACTERS: dict[tuple[str, bool], dict[Character, float]] = {
    ("consumer", True): {
        Character.PUNCTUAL: 90, Character.STRUGGLING: 7, Character.DISPUTING: 2, Character.VANISHING: 1,
    },
    ("consumer", False): {
        Character.PUNCTUAL: 50, Character.FORGETFUL: 31, Character.STRUGGLING: 12, Character.DISPUTING: 5,
        Character.VANISHING: 2,
    },
    ("business", True): {Character.PUNCTUAL: 88, Character.STRUGGLING: 7, Character.DISPUTING: 5},
    ("business", False): {
        Character.PUNCTUAL: 48, Character.SLOW: 33, Character.STRUGGLING: 7, Character.DISPUTING: 11,
        Character.VANISHING: 1,
    },
    ("public", False): {Character.SLOW: 80, Character.DISPUTING: 20},
}  # fmt: skip
"""Weights of the characters by kind of account and whether it pays by direct debit (nobody forgets a debit)."""

_BILL_DAYS = (1, 8, 15, 22)
_PLANS = (799, 1299, 1299, 1999, 2499, 3499)
_FIBRE = (2999, 3499, 3999, 4599)


def account(plan: Plan, index: int) -> Account:
    """The account with this index, 0 for the town hall that every demo has."""
    rng = random.Random(f"{plan.seed}:{index}")  # noqa: S311 - a made-up customer, not a secret
    kind, segment = _kind(rng, index)
    by_debit = rng.random() < {"consumer": 0.62, "business": 0.3, "public": 0.0}[kind]
    method = "direct_debit" if by_debit else "transfer"
    characters = _CHARACTERS[kind, by_debit]
    character = rng.choices(list(characters), list(characters.values()))[0]
    name, language = _name(rng, kind, segment, index)
    opened_on = _opened(rng, plan, index)
    postcode, city = rng.choice(stocks.CITIES) if kind != "public" else ("44999", name.rpartition(" de ")[2])
    mobile = _mobile(index) if kind == "consumer" or rng.random() < 0.5 else ""
    return Account(
        index=index,
        number=f"R{index + 1:07d}",
        name=name,
        kind=kind,
        segment=segment,
        credit_class=_credit_class(rng, kind, character),
        language=language,
        email=f"{_mailbox(name)}.{index + 1}@example.test",
        mobile=mobile,
        phone=f"+3319900{rng.randrange(10_000):04d}" if kind != "consumer" or rng.random() < 0.2 else "",
        address1=f"{rng.randrange(1, 120)} {rng.choice(stocks.STREETS)}",
        postcode=postcode,
        city=city,
        siren="" if kind == "consumer" else siren(index),
        payment_method=method,
        sales_rep=rng.choice(stocks.SALES_STAFF) if segment in ("company", "town_hall", "public_body") else "",
        opened_on=opened_on,
        character=character,
        bill_day=rng.choice(_BILL_DAYS),
        lines=_lines(rng, segment, index, opened_on),
    )


def _kind(rng: random.Random, index: int) -> tuple[str, str]:
    if index == 0:
        return "public", "town_hall"
    draw = rng.random()
    if draw < 0.86:
        return "consumer", "residential"
    if draw < 0.955:
        return "business", "shop"
    if draw < 0.997:
        return "business", "company"
    return "public", "public_body"


def _name(rng: random.Random, kind: str, segment: str, index: int) -> tuple[str, str]:
    """The name and the language the customer is written to in."""
    surname = rng.choice(stocks.SURNAMES)
    if index == 0:
        return stocks.PUBLIC_BODIES[0].format(stocks.FICTIONAL_TOWNS[0]), "fr"
    if segment == "shop":
        return f"{rng.choice(stocks.TRADES)} {rng.choice(stocks.SHOP_NAMES)}", "fr"
    if segment == "company":
        return f"{rng.choice(stocks.COMPANY_NAMES)} {surname} {rng.choice(stocks.LEGAL_FORMS)}", "fr"
    if kind == "public":
        return rng.choice(stocks.PUBLIC_BODIES[1:]).format(rng.choice(stocks.FICTIONAL_TOWNS)), "fr"
    if rng.random() < 0.04:
        return rng.choice(stocks.CITIZENS_OF_OTHER_LANGUAGE), "en"
    return f"{rng.choice(stocks.FIRST_NAMES)} {surname}", "fr"


def _opened(rng: random.Random, plan: Plan, index: int) -> dt.date:
    """Most customers are older than the history that is played; some join during it."""
    if index and rng.random() < 0.07:
        return plan.started_on + dt.timedelta(days=rng.randrange(1, (plan.ended_on - plan.started_on).days * 4 // 5))
    return plan.started_on - dt.timedelta(days=rng.randrange(30, 3000))


def _credit_class(rng: random.Random, kind: str, character: Character) -> str:
    if kind == "public":
        return "public"
    if character in (Character.STRUGGLING, Character.VANISHING) and rng.random() < 0.4:
        return "watch"
    return "prime" if character is Character.PUNCTUAL and rng.random() < 0.25 else "standard"


def _lines(rng: random.Random, segment: str, index: int, opened_on: dt.date) -> tuple[Line, ...]:
    if segment == "residential":
        mobile_count, has_fibre = rng.choices([(1, False), (1, True), (2, True), (0, True)], [40, 30, 15, 15])[0]
    elif segment == "shop":
        mobile_count, has_fibre = rng.randrange(1, 4), True
    else:
        mobile_count, has_fibre = rng.randrange(6, 40), True
    lines = [
        Line(_mobile(index + 4_999 * place), "mobile", opened_on, rng.choice(_PLANS)) for place in range(mobile_count)
    ]
    if has_fibre:
        price = rng.choice(_FIBRE) if segment == "residential" else 5999
        lines.append(Line(f"FTTH{index + 1:08d}", "internet", opened_on, price))
    if has_fibre and rng.random() < 0.6:
        lines.append(Line(f"BOX{index + 1:08d}", "equipment", opened_on, 300))
    return tuple(lines)


def _mobile(number: int) -> str:
    """A French mobile number from the range kept free for fiction, 06 39 98 xx xx; it comes round after 10,000."""
    return f"+3363998{number % 10_000:04d}"


def _mailbox(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("'", " ").lower()).encode("ascii", "ignore").decode()
    return ".".join("".join(part for part in plain if part.isalnum() or part in " -").split())


def siren(index: int) -> str:
    """A company number with a right check digit in the block 000, which is given to nobody."""
    body = f"000{(index + 1) % 100_000:05d}"
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(body))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return f"{body}{-total % 10}"


def iban(index: int) -> str:
    """A French account number that computes (key and check digits) at the bank 99999, which does not exist."""
    bank, branch, holder = 99999, index // 10**7 % 10**5, index % 10**11
    key = 97 - (89 * bank + 15 * branch + 3 * holder) % 97
    bban = f"{bank:05d}{branch:05d}{holder:011d}{key:02d}"
    check = 98 - int(f"{bban}152700") % 97
    return f"FR{check:02d}{bban}"
