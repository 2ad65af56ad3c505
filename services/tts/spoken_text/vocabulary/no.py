"""Norwegian (Bokmål) words."""

from services.tts.spoken_text.language import Vocabulary

WORDS = Vocabulary(
    dot="punktum",
    at="krøllalfa",
    slash="skråstrek",
    dash="bindestrek",
    underscore="understrek",
    colon="kolon",
    and_="og",
    plus="pluss",
    minus="minus",
    times="ganger",
    by="ganger",
    divided="delt på",
    equals="er lik",
    less="mindre enn",
    greater="større enn",
    less_equal="høyst",
    greater_equal="minst",
    plus_minus="pluss minus",
    about="cirka",
    star="stjerne",
    hash="firkant",
    to="til",
    number="nummer",
    section="paragraf",
    version="versjon",
    per="per",
    percent="prosent",
    per_mille="promille",
    degrees="grader",
    decimal="komma",
    currency_joint="og",
    currencies={
        "NOK": ("krone", "kroner", "øre", "øre"),
        "EUR": ("euro", "euro", "cent", "cent"),
        "USD": ("dollar", "dollar", "cent", "cent"),
        "GBP": ("pund", "pund", "penny", "pence"),
        "SEK": ("svensk krone", "svenske kroner", "øre", "øre"),
        "DKK": ("dansk krone", "danske kroner", "øre", "øre"),
    },
    multipliers={
        "tusen": "tusen",
        "million": "million",
        "millioner": "millioner",
        "milliard": "milliard",
        "milliarder": "milliarder",
        "mill.": "millioner",
        "mrd.": "milliarder",
    },
    months=(
        "januar",
        "februar",
        "mars",
        "april",
        "mai",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "desember",
    ),
    month_prefixes={
        "jan": 1,
        "feb": 2,
        "febr": 2,
        "apr": 4,
        "aug": 8,
        "sep": 9,
        "sept": 9,
        "okt": 10,
        "nov": 11,
        "des": 12,
    },
    digit_contexts=(
        r"(?:\w+)?(?:nummer|nummeret|kode|koden|pinkode)|pin|tlf|telefon|mobil|faks|linje|id|iban"
        r"|som slutter på|slutter på|tast|trykk|ring"
    ),
    year_contexts=(
        r"i|siden|fra|til|år|året|januar|februar|mars|april|mai|juni|juli|august|september|oktober|november"
        r"|desember|våren|sommeren|høsten|vinteren"
    ),
    feminine=(
        r"kroner|krone|timer|time|dag(?:er)?|måned(?:er)?|person(?:er)?|prosent|gang(?:er)?|meter"
        r"|kilometer|liter|euro|dollar|plass(?:er)?|billett(?:er)?|tablett(?:er)?|million(?:er)?"
    ),
    masculine=r"minutt(?:er)?|sekund(?:er)?|kilo|kilogram|gram|år|barn|rom|bord|besøk|pund|stykk(?:er)?",
)
"""Common gender takes `én` (`feminine`), neuter takes `ett` (`masculine`)."""
