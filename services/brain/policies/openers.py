"""Openers: short beginnings of an answer, played from cached audio while the rest is generated. No I/O."""

import re

from parley.agent_config import AgentConfig
from parley.v1.reply_pb2 import REPLY_KIND_ANSWER
from services.brain.conversation import Conversation

_LETTER = r"[\w\u0900-\u0963]"
"""A letter, or a sign of Devanagari, whose vowel signs are not part of `\\w`."""
_UNSUITABLE_WORDS = (
    r"bye|goodbye|that's all|that is all|thanks?|nothing else|no|not|\w+n't|wrong|wait|stop|sorry|mistake"
    r"|actually|incorrect|complain\w*|never|human|person"
    # German
    r"|tschüss?|danke|wiederhören|wiedersehen|nein|nichts?|kein\w*|nie|falsch|fehler|warte\w*|stopp|moment"
    r"|entschuldig\w*|beschwer\w*|mensch\w*|mitarbeiter\w*"
    # Spanish
    r"|adiós|hasta luego|gracias|nada|nunca|mal|error|equivoc\w*|esper[ae]\w*|perd[oó]n\w*|disculp\w*"
    r"|queja\w*|humano|persona"
    # French
    r"|au revoir|merci|non|pas|rien|jamais|faux|erreur|attend\w*|pardon|désolée?|plainte|humain|personne"
    # Portuguese
    r"|tchau|adeus|até logo|obrigad[oa]|não|errad[oa]|engano|desculp\w*|reclam\w*|pessoa"
    # Hindi
    rf"|धन्यवाद|शुक्रिया|अलविदा|नहीं|नही|ना|मत|गलत|ग़लत|रुक{_LETTER}*|ठहर{_LETTER}*|माफ़?|शिकायत|इंसान"
)
_GREETINGS = (
    r"hello|hi|hey|good (?:morning|afternoon|evening)|hallo|guten \w+|hola|buen[oa]s \w+|bonjour|bonsoir"
    r"|salut|olá|oi|alô|bom dia|boa (?:tarde|noite)|नमस्ते|नमस्कार|हैलो|हेलो"
)
_UNSUITABLE = re.compile(
    rf"(?<!{_LETTER})(?:{_UNSUITABLE_WORDS})(?!{_LETTER})|^\W*(?:{_GREETINGS})\W*$|^\[", re.IGNORECASE
)
"""The answer will probably be an apology, a correction, a goodbye or a greeting, which needs no opener."""
_QUESTION_WORDS = (
    r"what|when|where|who|whose|which|why|how|is|are|do|does|did|can|could|would|will|have you"
    r"|was|wie|wann|wo|wer|wen|warum|wieso|welche\w*|kann|können|könnten|haben|gibt|darf"
    r"|qué|cuándo|dónde|cómo|cuál\w*|quién\w*|cuánt\w*|por qué|puede\w*|podría\w*|tienen?|hay"
    r"|quand|où|comment|pourquoi|combien|quel\w*|qui|est-ce|pouvez|pourriez|avez"
    r"|o que|quando|onde|como|qual|quais|quem|quant\w*|por que|porque|pode\w*|tem|há"
)
_HINDI_QUESTION_WORDS = "क्या|कब|कहाँ|कहां|कैसे|कौन|कितना|कितने|कितनी|क्यों"
"""Words of a question at any place in it."""
_QUESTION = re.compile(
    rf"\?\s*$|¿|^\W*(?:(?:and|so|but|und|y|et|e) )?(?:{_QUESTION_WORDS})\b"
    rf"|(?<!{_LETTER})(?:{_HINDI_QUESTION_WORDS})(?!{_LETTER})",
    re.IGNORECASE,
)


def choose_opener(text: str, conversation: Conversation, agent: AgentConfig) -> str:
    """Return an opener for the answer to the caller's text; empty for none."""
    openers = agent.openers
    phrases = openers.questions if _QUESTION.search(text) else openers.statements
    if not openers.enabled or not phrases or not text.strip() or _UNSUITABLE.search(text):
        return ""
    answers = [
        r for r in conversation.replies if r.kind == REPLY_KIND_ANSWER and r.cancelled != "speculation"
    ]
    used = [opener for reply in answers if (opener := detect_opener(reply.clauses, agent))]
    if len(used) + 1 > openers.max_fraction * (len(answers) + 1):
        return ""
    candidates = [phrase for phrase in phrases if phrase not in used[-1:]]
    return candidates[len(used) % len(candidates)] if candidates else ""


def detect_opener(clauses: tuple[str, ...], agent: AgentConfig) -> str:
    """Return the opener that a reply starts with; empty for none."""
    first = clauses[0].strip() if clauses else ""
    return first if first in (*agent.openers.statements, *agent.openers.questions) else ""


def strip_opener(opener: str, text: str) -> str:
    """Return the model's text without a repetition of the opener."""
    bare = opener.strip(" .,!")
    if not bare or not text.lower().startswith(bare.lower()) or text[len(bare) : len(bare) + 1].isalnum():
        return text
    return text[len(bare) :].lstrip(" .,!")
