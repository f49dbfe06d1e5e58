"""Secrets as issuers and people make them, by their public formats, each in surroundings of its own.

None was ever issued: all come from one seeded generator, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import json
import random
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

HEX = "0123456789abcdef"
LETTERS = string.ascii_letters
ALNUM = LETTERS + string.digits
UPPER = string.ascii_uppercase + string.digits
LOWER = string.ascii_lowercase + string.digits
URL64 = ALNUM + "-_"
PLAIN64 = ALNUM + "+/"
TYPED = ALNUM + "!#%*+-_.:?~^"


@dataclass(frozen=True)
class Case:
    """One secret, and the value of a variable that holds it."""

    kind: str
    secret: str
    value: Any


class Maker:
    """Random texts from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - fake secrets, the same each time

    def of(self, letters: str, count: int) -> str:
        return "".join(self._random.choices(letters, k=count))

    def one_of(self, *choices: Any) -> Any:
        return self._random.choice(choices)

    def json64(self, value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    def jwt(self) -> str:
        head = self.json64({"alg": self.one_of("HS256", "RS256"), "typ": "JWT"})
        return f"{head}.{self.json64({'sub': self.of(string.digits, 8), 'iat': 1700000000})}.{self.of(URL64, 43)}"


def _formats(make: Maker) -> dict[str, Callable[[], str]]:
    """What makes a secret of each kind that can be told by its form."""
    of = make.of
    uuid = lambda: "-".join(of(HEX, count) for count in (8, 4, 4, 4, 12))  # noqa: E731 - one line of many
    return {
        "anthropic": lambda: f"sk-ant-api03-{of(URL64, 93)}AA",
        "openai project": lambda: f"sk-proj-{of(URL64, 74)}",
        "openai service": lambda: f"sk-svcacct-{of(URL64, 60)}",
        "openai old": lambda: f"sk-{of(ALNUM, 20)}T3BlbkFJ{of(ALNUM, 20)}",
        "openrouter": lambda: f"sk-or-v1-{of(HEX, 64)}",
        "hugging face": lambda: f"hf_{of(LETTERS, 34)}",
        "groq": lambda: f"gsk_{of(ALNUM, 52)}",
        "replicate": lambda: f"r8_{of(ALNUM, 37)}",
        "xai": lambda: f"xai-{of(ALNUM, 80)}",
        "perplexity": lambda: f"pplx-{of(ALNUM, 48)}",
        "aws id": lambda: f"AKIA{of(string.ascii_uppercase + '234567', 16)}",
        "aws temporary id": lambda: f"ASIA{of(string.ascii_uppercase + '234567', 16)}",
        "google api": lambda: f"AIza{of(URL64, 35)}",
        "google access": lambda: f"ya29.{of(URL64, 120)}",
        "google client": lambda: f"GOCSPX-{of(URL64, 28)}",
        "google refresh": lambda: f"1//0{of(URL64, 60)}",
        "azure storage": lambda: f"AccountName=shop;AccountKey={of(PLAIN64, 86)}==",
        "azure app": lambda: f"{of(ALNUM, 3)}8Q~{of(ALNUM + '_~.-', 34)}",
        "digitalocean": lambda: f"dop_v1_{of(HEX, 64)}",
        "alibaba": lambda: f"LTAI{of(ALNUM, 20)}",
        "vault": lambda: f"hvs.{of(URL64, 90)}",
        "terraform": lambda: f"{of(ALNUM, 14)}.atlasv1.{of(URL64, 67)}",
        "supabase": lambda: f"sbp_{of(HEX, 40)}",
        "pulumi": lambda: f"pul-{of(HEX, 40)}",
        "planetscale": lambda: f"pscale_tkn_{of(URL64, 43)}",
        "heroku": lambda: f"HRKU-AA{of(URL64, 58)}",
        "stripe": lambda: f"sk_live_{of(ALNUM, 24)}",
        "stripe test": lambda: f"rk_test_{of(ALNUM, 32)}",
        "stripe hook": lambda: f"whsec_{of(ALNUM, 32)}",
        "square": lambda: f"sq0atp-{of(URL64, 22)}",
        "square client": lambda: f"sq0csp-{of(URL64, 43)}",
        "easypost": lambda: f"EZAK{of(ALNUM, 54)}",
        "github": lambda: f"ghp_{of(ALNUM, 36)}",
        "github app": lambda: f"ghs_{of(ALNUM, 36)}",
        "github fine": lambda: f"github_pat_{of(ALNUM, 22)}_{of(ALNUM, 59)}",
        "gitlab": lambda: f"glpat-{of(URL64, 20)}",
        "gitlab runner": lambda: f"glrt-{of(URL64, 20)}",
        "atlassian": lambda: f"ATATT3{of(URL64, 180)}={of(UPPER, 8)}",
        "bitbucket": lambda: f"ATBB{of(ALNUM, 32)}",
        "npm": lambda: f"npm_{of(ALNUM, 36)}",
        "pypi": lambda: f"pypi-AgEIcHlwaS5vcmc{of(URL64, 80)}",
        "rubygems": lambda: f"rubygems_{of(HEX, 48)}",
        "docker": lambda: f"dckr_pat_{of(URL64, 27)}",
        "slack bot": lambda: f"xoxb-{of(string.digits, 12)}-{of(string.digits, 12)}-{of(ALNUM, 24)}",
        "slack user": lambda: f"xoxp-{of(string.digits, 12)}-{of(string.digits, 12)}-{of(HEX, 32)}",
        "slack app": lambda: f"xapp-1-A{of(UPPER, 10)}-{of(string.digits, 13)}-{of(HEX, 64)}",
        "slack hook": lambda: f"hooks.slack.com/services/T{of(UPPER, 8)}/B{of(UPPER, 10)}/{of(ALNUM, 24)}",
        "discord": lambda: f"M{of(ALNUM, 25)}.{of(URL64, 6)}.{of(URL64, 38)}",
        "telegram": lambda: f"{of(string.digits[1:], 10)}:AA{of(URL64, 33)}",
        "twilio": lambda: f"SK{of(HEX, 32)}",
        "sendgrid": lambda: f"SG.{of(URL64, 22)}.{of(URL64, 43)}",
        "mailgun": lambda: f"key-{of(HEX, 32)}",
        "mailchimp": lambda: f"{of(HEX, 32)}-us{make.one_of(1, 12, 21)}",
        "brevo": lambda: f"xkeysib-{of(HEX, 64)}-{of(ALNUM, 16)}",
        "resend": lambda: f"re_{of(ALNUM, 8)}_{of(ALNUM, 24)}",
        "grafana": lambda: f"glsa_{of(ALNUM, 32)}_{of(HEX, 8)}",
        "grafana cloud": lambda: f"glc_{of(PLAIN64, 80)}",
        "databricks": lambda: f"dapi{of(HEX, 32)}",
        "doppler": lambda: f"dp.pt.{of(ALNUM, 43)}",
        "new relic": lambda: f"NRAK-{of(UPPER, 27)}",
        "posthog personal": lambda: f"phx_{of(ALNUM, 43)}",
        "sentry": lambda: f"sntryu_{of(HEX, 64)}",
        "postman": lambda: f"PMAK-{of(HEX, 24)}-{of(HEX, 34)}",
        "linear": lambda: f"lin_api_{of(ALNUM, 40)}",
        "notion": lambda: f"ntn_{of(ALNUM, 46)}",
        "notion old": lambda: f"secret_{of(ALNUM, 43)}",
        "shopify": lambda: f"shpat_{of(HEX, 32)}",
        "airtable": lambda: f"pat{of(ALNUM, 14)}.{of(HEX, 64)}",
        "hubspot": lambda: f"pat-na1-{uuid()}",
        "figma": lambda: f"figd_{of(URL64, 40)}",
        "contentful": lambda: f"CFPAT-{of(URL64, 43)}",
        "dropbox": lambda: f"sl.{of(URL64, 135)}",
        "age": lambda: f"AGE-SECRET-KEY-1{of(UPPER, 58)}",
        "jwt": make.jwt,
        "pem": lambda: f"-----BEGIN RSA PRIVATE KEY-----\n{of(PLAIN64, 64)}\n{of(PLAIN64, 64)}\n",
        "pkcs8": lambda: f"-----BEGIN PRIVATE KEY-----\n{of(PLAIN64, 64)}\n",
        "openssh": lambda: f"-----BEGIN OPENSSH PRIVATE KEY-----\n{of(PLAIN64, 70)}\n",
    }


def _formless(make: Maker) -> dict[str, Callable[[], str]]:
    """What makes a secret of each kind that has no form of its own."""
    of = make.of
    return {
        "aws key": lambda: of(PLAIN64, 40),
        "random base64": lambda: of(PLAIN64, 43) + "=",
        "random url base64": lambda: of(URL64, 32),
        "generated": lambda: of(ALNUM, 24),
        "generated long": lambda: of(ALNUM, 48),
        "password manager": lambda: of(TYPED, 20),
        "password manager short": lambda: of(TYPED, 16),
        "django key": lambda: "django-insecure-" + of(string.ascii_lowercase + string.digits + "!@#$%^&*(-_=+)", 50),
        # Nearly all texts like these are no secrets: they are not recognised, and count as missed.
        "hex 32": lambda: of(HEX, 32),
        "hex 64": lambda: of(HEX, 64),
        "typed by a person": lambda: f"{make.one_of('Summer', 'Winter', 'Berlin')}{make.one_of(2024, 2025)}!",
        "words": lambda: "-".join(make.one_of("maple", "river", "stone", "cloud", "amber") for _ in range(4)),
    }


class Held:
    """An object of the program that holds a secret under an innocent name."""

    def __init__(self, value: str) -> None:
        self.label = "primary"
        self.value = value


SURROUNDINGS: list[Callable[[str], Any]] = [
    lambda secret: {"vendor": "acme", "value": secret},
    lambda secret: f"https://api.acme.example/v2/orders?key={secret}&page=2",
    lambda secret: {"X-Acme-Id": secret, "Accept": "application/json"},
    lambda secret: ["--verbose", "--with", secret],
    lambda secret: f"could not connect with {secret} after 3 attempts",
    lambda secret: f"ACME_VALUE={secret}",
    Held,
    lambda secret: json.dumps({"vendor": "acme", "value": secret}),
]


def _addresses(make: Maker) -> list[Case]:
    """Passwords that only their place tells."""
    cases = []
    for scheme in ("postgres", "mysql", "redis", "amqp", "mongodb+srv", "https", "smtp", "ftp"):
        for letters in (ALNUM, TYPED):
            word = make.of(letters, 10)
            cases.append(Case("address", word, f"{scheme}://shop:{word}@host.example:5432/shop"))
        word = make.of(LOWER, 8)
        cases.append(Case("address", word, f"retrying {scheme}://:{word}@host.example"))
    return cases


def _headers(make: Maker) -> list[Case]:
    cases = []
    for number in range(12):
        word = make.of(URL64, 20 + number)
        cases.append(Case("header", word, make.one_of(f"Bearer {word}", f"header Bearer {word} was refused")))
        user = base64.b64encode(f"shop:{make.of(ALNUM, 8 + number)}".encode()).decode()
        cases.append(Case("header", user, make.one_of(f"Basic {user}", [f"basic {user}"])))
    return cases


def cases(seed: int = 2026) -> list[Case]:
    """Return the corpus: each secret bare, and in some of the surroundings."""
    make = Maker(seed)
    found = []
    kinds = {**_formats(make), **_formless(make)}
    for number, (kind, secret) in enumerate(kinds.items()):
        bare = secret()
        found.append(Case(kind, bare, bare))
        for step in range(4):
            inner = secret()
            surround = SURROUNDINGS[(number + 2 * step + step // 2) % len(SURROUNDINGS)]
            found.append(Case(kind, inner, surround(inner)))
    return [*found, *_addresses(make), *_headers(make)]
