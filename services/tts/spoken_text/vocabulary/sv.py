"""Swedish words."""

from services.tts.spoken_text.language import Vocabulary

WORDS = Vocabulary(
    dot="punkt",
    at="snabel-a",
    slash="snedstreck",
    dash="bindestreck",
    underscore="understreck",
    colon="kolon",
    and_="och",
    plus="plus",
    minus="minus",
    times="gånger",
    by="gånger",
    divided="delat med",
    equals="är lika med",
    less="mindre än",
    greater="större än",
    less_equal="högst",
    greater_equal="minst",
    plus_minus="plus minus",
    about="ungefär",
    star="stjärna",
    hash="fyrkant",
    to="till",
    number="nummer",
    section="paragraf",
    version="version",
    per="per",
    percent="procent",
    per_mille="promille",
    degrees="grader",
    decimal="komma",
    currency_joint="och",
    currencies={
        "SEK": ("krona", "kronor", "öre", "öre"),
        "EUR": ("euro", "euro", "cent", "cent"),
        "USD": ("dollar", "dollar", "cent", "cent"),
        "GBP": ("pund", "pund", "penny", "pence"),
        "NOK": ("norsk krona", "norska kronor", "öre", "öre"),
        "DKK": ("dansk krona", "danska kronor", "öre", "öre"),
    },
    multipliers={
        "tusen": "tusen",
        "miljon": "miljon",
        "miljoner": "miljoner",
        "miljard": "miljard",
        "miljarder": "miljarder",
        "mn": "miljoner",
        "mkr": "miljoner",
    },
    months=(
        "januari",
        "februari",
        "mars",
        "april",
        "maj",
        "juni",
        "juli",
        "augusti",
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
        r"(?:\w+)?(?:nummer|nummret|numret|kod|koden|pinkod)|pin|tel|telefon|mobil|fax|anknytning|id|iban"
        r"|som slutar på|slutar på|tryck|slå|ring"
    ),
    year_contexts=(
        r"i|sedan|från|till|år|året|januari|februari|mars|april|maj|juni|juli|augusti|september|oktober|november"
        r"|december|våren|sommaren|hösten|vintern"
    ),
    feminine=(
        r"kronor|krona|timmar|timme|minut(?:er)?|sekund(?:er)?|dag(?:ar)?|vecka|veckor|månad(?:er)?|person(?:er)?"
        r"|procent|gång(?:er)?|natt|nätter|meter|kilometer|liter|euro|dollar|sida|sidor|fråga|frågor|plats(?:er)?"
        r"|portion(?:er)?|biljett(?:er)?|tablett(?:er)?|miljon(?:er)?|timmars|minuters|dagars|veckors|månaders"
    ),
    masculine=r"kilo|kilogram|gram|hekto|år|barn|rum|bord|besök|pund|öre|års|exemplar|stycken",
)
"""Common gender takes `en` (`feminine`), neuter takes `ett` (`masculine`)."""
