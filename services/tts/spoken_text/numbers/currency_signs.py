"""Signs and codes of currencies. No I/O."""

from collections.abc import Mapping
from functools import cache

from services.tts.spoken_text.language import Language

_SYMBOLS = {
    "US$": "USD",
    "C$": "CAD",
    "CA$": "CAD",
    "A$": "AUD",
    "AU$": "AUD",
    "R$": "BRL",
    "MX$": "MXN",
    "NZ$": "NZD",
    "HK$": "HKD",
    "S$": "SGD",
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "₹": "INR",
    "Rs.": "INR",
    "Rs": "INR",
    "¥": "JPY",
    "₽": "RUB",
    "₩": "KRW",
    "₺": "TRY",
    "₴": "UAH",
    "₪": "ILS",
    "₫": "VND",
    "₱": "PHP",
    "₦": "NGN",
    "฿": "THB",
    "₡": "CRC",
    "₲": "PYG",
    "₸": "KZT",
    "₼": "AZN",
    "₾": "GEL",
    "₿": "XBT",
    "zł": "PLN",
    "Kč": "CZK",
    "Fr.": "CHF",
    "रु.": "INR",
    "रु": "INR",
}
CODES = (
    "USD|EUR|GBP|INR|JPY|CHF|CAD|AUD|NZD|BRL|MXN|ARS|CLP|COP|PEN|CNY|HKD|SGD|KRW|SEK|NOK|DKK|PLN|CZK|HUF|RON|BGN|TRY|RUB"
    "|UAH|ILS|AED|SAR|ZAR|NGN|KES|EGP|MAD|THB|VND|PHP|IDR|MYR|PKR|BDT|LKR"
)
_OWN_SYMBOLS = {
    "sv": {"kr": "SEK", "kr.": "SEK", ":-": "SEK"},
    "da": {"kr": "DKK", "kr.": "DKK"},
    "no": {"kr": "NOK", "kr.": "NOK"},
    "tr": {"TL": "TRY"},
    "id": {"Rp": "IDR", "Rp.": "IDR"},
    "vi": {"đ": "VND"},
}
"""Signs that name a currency of one language's country."""


@cache
def symbols_of(language: Language) -> Mapping[str, str]:
    """Return the currency codes by the signs that a language uses."""
    return {**_SYMBOLS, **_OWN_SYMBOLS.get(language.code, {})}
