"""Speaks web and e-mail addresses. No I/O."""

import re

from services.tts.spoken_text.language import Vocabulary
from services.tts.spoken_text.mapped_text import MappedText

_TLD = (
    r"com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|co|me|tv|us|uk|de|at|ch|fr|es|pt|br|in|it|nl|be|eu|ca|au"
    r"|nz|ie|pl|se|no|dk|fi|cz|ru|jp|cn|kr|mx|ar|cl|pe|za|health|clinic|online|shop|store|site|tech|cloud|xyz"
    r"|example|test|localhost"
)
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(
    rf"(?:mailto:)?<?(?<![\w.+-])([\w.+%-]{{1,64}}@(?:{_LABEL}\.)+[^\W\d_]{{2,24}})(?![\w-])>?", re.IGNORECASE
)
_WITH_SCHEME = re.compile(r"<?(?<![\w@])(?:https?|ftp|wss?)://(?P<any>[^\s<>\"“”]+)>?", re.IGNORECASE)
_BARE = re.compile(
    rf"<?(?<![\w@.])(?P<any>(?:www\.(?:{_LABEL}\.)+[^\W\d_]{{2,24}}|(?:{_LABEL}\.)+(?:{_TLD}))(?::\d{{2,5}})?(?:[/?#][^\s<>\"“”]*)?(?![\w@-]))>?",
    re.IGNORECASE,
)
_TRAILING = ".,;:!?…'\"’”)]}*_>"
_MAX_PATH_CHARS = 30
_SPELLED = re.compile(r"[.@/_\-+:~#=&%?]")
_DIGITS = re.compile(r"\d+")


def speak_addresses(text: MappedText, words: Vocabulary) -> MappedText:
    """Replace addresses by what a person would say: "example dot com slash book"."""
    if "." not in text.text and "://" not in text.text:
        return text
    if "://" in text.text:
        text = text.sub(_WITH_SCHEME, lambda m: _web_address(m["any"], words))
    if "@" in text.text:
        text = text.sub(_EMAIL, lambda m: _spelled(m.group(1), words))
    return text.sub(_BARE, lambda m: _web_address(m["any"], words))


def _web_address(address: str, words: Vocabulary) -> str | None:
    retained = address.rstrip(_TRAILING)
    tail = address[len(retained) :].rstrip("*_>")
    if "(" in retained and tail.startswith(")"):
        retained, tail = f"{retained})", tail[1:]
    host, _, path = retained.partition("/")
    if "?" in host or "#" in host:
        host, path = re.split(r"[?#]", host, maxsplit=1)[0], "?"
    host = host.rpartition("@")[2].removeprefix("www.").removeprefix("WWW.")
    path = path.rstrip("/")
    if not host:
        return None
    if path and (len(path) > _MAX_PATH_CHARS or re.search(r"[?#&=%()]|\d{5}|[0-9a-f]{8}", path)):
        path = ""
    host = re.sub(r":\d+$", "", host)
    return _spelled(f"{host}/{path}" if path else host, words) + tail


def _spelled(address: str, words: Vocabulary) -> str:
    if not words.dot:
        return address
    names = {
        ".": words.dot,
        "@": words.at,
        "/": words.slash,
        "-": words.dash,
        "_": words.underscore,
        "+": words.plus,
        ":": words.colon,
    }
    return " ".join(_SPELLED.sub(lambda m: f" {names.get(m.group(), '')} ", address).split())
