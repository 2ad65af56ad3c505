"""Danish words."""

from services.tts.spoken_text.language import Vocabulary

WORDS = Vocabulary(
    dot="punktum",
    at="snabel-a",
    slash="skråstreg",
    dash="bindestreg",
    underscore="bundstreg",
    colon="kolon",
    and_="og",
    plus="plus",
    minus="minus",
    times="gange",
    by="gange",
    divided="divideret med",
    equals="er lig med",
    less="mindre end",
    greater="større end",
    less_equal="højst",
    greater_equal="mindst",
    plus_minus="plus minus",
    about="cirka",
    star="stjerne",
    hash="havelåge",
    to="til",
    number="nummer",
    section="paragraf",
    version="version",
    per="per",
    percent="procent",
    per_mille="promille",
    degrees="grader",
    decimal="komma",
    currency_joint="og",
    currencies={
        "DKK": ("krone", "kroner", "øre", "øre"),
        "EUR": ("euro", "euro", "cent", "cent"),
        "USD": ("dollar", "dollar", "cent", "cent"),
        "GBP": ("pund", "pund", "penny", "pence"),
        "SEK": ("svensk krone", "svenske kroner", "øre", "øre"),
        "NOK": ("norsk krone", "norske kroner", "øre", "øre"),
    },
    multipliers={
        "tusind": "tusind",
        "million": "million",
        "millioner": "millioner",
        "milliard": "milliard",
        "milliarder": "milliarder",
        "mio.": "millioner",
        "mio": "millioner",
        "mia.": "milliarder",
    },
    months=(
        "januar",
        "februar",
        "marts",
        "april",
        "maj",
        "juni",
        "juli",
        "august",
        "september",
        "oktober",
        "november",
        "december",
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
        "dec": 12,
    },
    digit_contexts=(
        r"(?:\w+)?(?:nummer|nummeret|kode|koden|pinkode)|pin|tlf|telefon|mobil|fax|lokal|id|iban"
        r"|som ender på|ender på|tryk|ring"
    ),
    year_contexts=(
        r"i|siden|fra|til|år|året|januar|februar|marts|april|maj|juni|juli|august|september|oktober|november"
        r"|december|foråret|sommeren|efteråret|vinteren"
    ),
    feminine=(
        r"kroner|krone|timer|time|dag(?:e)?|uge(?:r)?|måned(?:er)?|person(?:er)?|procent|gang(?:e)?|nat|nætter|meter"
        r"|kilometer|liter|euro|dollar|side(?:r)?|plads(?:er)?|billet(?:ter)?|tablet(?:ter)?|million(?:er)?"
    ),
    masculine=r"minut(?:ter)?|sekund(?:er)?|kilo|kilogram|gram|år|barn|børn|værelse(?:r)?|bord(?:e)?|besøg|pund|stykke",
)
"""Common gender takes `en` (`feminine`), neuter takes `et` (`masculine`)."""
