"""E-mail addresses from what callers say: "ann dot smith at example dot com". No I/O, no clock."""

import re

from services.brain.collecting.problem import ValueProblem

_WORDS = {
    "@": "at the rate(?: of)?|at sign|a commercial|at|ät|et|chez|ऐट द रेट|एट द रेट"
    "|klammeraffe|arroba|arobase|arrobase|chiocciola|apenstaartje|ऐट|एट"
    "|snabel-?a|krøllalfa|małpa|zavináč|собака|アットマーク|골뱅이|艾特|آت",
    ".": "dot|period|punkt|punto|point|ponto|punt|डॉट"
    "|punktum|piste|kropka|tečka|точка|крапка|nokta|titik|ドット|점|点|點|نقطة",
    "_": "under ?score|unterstrich|gui[oó]n bajo|barra baja|subrayado|tiret (?:du )?(?:bas|huit|8)"
    "|soulign[ée]|sublinhado|underline|traço embaixo|trattino basso"
    "|understreck|understrek|bundstreg|alaviiva|podkreślnik|podtržítko"
    "|нижнее подч[её]ркивание|alt çizgi|garis bawah|アンダーバー|언더바|下划线",
    "-": "dash|hyphen|minus|bindestrich|guion|guión|tiret du (?:six|6)|tiret|hífen|traço|trattino|streepje"
    "|bindestreck|bindestreg|bindestrek|viiva|myślnik|pomlčka|дефис|дефіс|ハイフン|하이픈|横杠",
    "+": "plus|más|mais|più",
}
"""The symbols of an address, and the words for them."""
_MAIL_LINK = re.compile(r"^mailto:|.*<(?=[^<>\s]+@)|>$", re.IGNORECASE)
"""Everything around the address in "Ann Smith <ann@example.com>"."""
_ORDER = ("_", "@", ".", "-", "+")
"""Longer words first: `tiret bas` before `tiret`."""
_SYMBOLS = tuple(
    (symbol, re.compile(rf"(?<![^\s])(?:{_WORDS[symbol]})(?![^\s])", re.IGNORECASE)) for symbol in _ORDER
)
_ADDRESS = re.compile(
    r"(?=.{3,254}$)(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_][\w-]{0,61}[^\W_]"
)


def normalize(text: str) -> str:
    """Return the address in lower case.

    Raises:
        ValueProblem: it is no e-mail address.
    """
    address = _MAIL_LINK.sub("", text.strip().removesuffix(".")).strip("<>")
    if "@" not in address or re.search(r"\s", address):
        for symbol, words in _SYMBOLS:
            address = words.sub(symbol, address)
        address = re.sub(r"\s*,\s*|\s+", "", address)
    address = address.lower()
    if not _ADDRESS.fullmatch(address):
        raise ValueProblem("is not an e-mail address; ask the caller to spell it, with the part after the at")
    return address
