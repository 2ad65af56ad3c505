"""Words for what is dictated, in languages whose other numbers keep their digits.

The form of those depends on case, gender or a counter that the text does not show.
"""

from collections.abc import Mapping

from services.tts.spoken_text.language import Vocabulary


def _words(digits: str, signs: str, contexts: str) -> Vocabulary:
    dot, at, slash, dash, underscore, plus = signs.split("|")
    return Vocabulary(
        digits=tuple(digits.split()),
        dot=dot,
        at=at,
        slash=slash,
        dash=dash,
        underscore=underscore,
        plus=plus,
        digit_contexts=contexts,
    )


WORDS: Mapping[str, Vocabulary] = {
    "ar": _words(
        "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة",
        "نقطة|آت|شرطة مائلة|شرطة|شرطة سفلية|زائد",
        r"(?:ال)?(?:رمز|كود|رقم)(?: \w+){0,2}|هاتف|جوال",
    ),
    "bg": _words(
        "нула едно две три четири пет шест седем осем девет",
        "точка|кльомба|наклонена черта|тире|долна черта|плюс",
        r"код(?:ът|а)?|пин|номер(?:ът|а)?(?: на \w+)?|телефон(?:ът)?|тел",
    ),
    "cs": _words(
        "nula jedna dva tři čtyři pět šest sedm osm devět",
        "tečka|zavináč|lomítko|pomlčka|podtržítko|plus",
        r"kód(?:em|u)?|pin|psč|číslo(?: \w+)?|telefon|tel|mobil|linka|heslo",
    ),
    "el": _words(
        "μηδέν ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα",
        "τελεία|παπάκι|κάθετος|παύλα|κάτω παύλα|συν",
        r"κωδικ(?:ός|ό)|pin|αριθμ(?:ός|ό)(?: \w+)?|τηλέφωνο|τηλ",
    ),
    "fi": _words(
        "nolla yksi kaksi kolme neljä viisi kuusi seitsemän kahdeksan yhdeksän",
        "piste|ät|kauttaviiva|viiva|alaviiva|plus",
        r"\w*(?:koodi|numero)(?:si|nne|mme)?|pin|puhelin|puh",
    ),
    "he": _words(
        "אפס אחת שתיים שלוש ארבע חמש שש שבע שמונה תשע",
        "נקודה|שטרודל|לוכסן|מקף|קו תחתון|פלוס",
        r"(?:ה)?(?:קוד|מספר)(?: \w+){0,2}|טלפון",
    ),
    "hr": _words(
        "nula jedan dva tri četiri pet šest sedam osam devet",
        "točka|et|kosa crta|crtica|donja crta|plus",
        r"kod|pin|broj(?: \w+)?|telefon|tel|mobitel|šifra",
    ),
    "hu": _words(
        "nulla egy kettő három négy öt hat hét nyolc kilenc",
        "pont|kukac|perjel|kötőjel|alulvonás|plusz",
        r"\w*(?:kód|kódja|szám|száma|számunk)|pin|telefon|tel",
    ),
    "ja": _words(
        "ゼロ イチ ニ サン ヨン ゴ ロク ナナ ハチ キュウ",
        "ドット|アットマーク|スラッシュ|ハイフン|アンダーバー|プラス",
        r"(?:番号|コード|電話|暗証|内線)(?:は|が|：|:|の)?",
    ),
    "ko": _words(
        "공 일 이 삼 사 오 육 칠 팔 구",
        "점|골뱅이|슬래시|하이픈|언더바|플러스",
        r"(?:번호|코드|전화|내선)(?:는|은|가|이)?",
    ),
    "lt": _words(
        "nulis vienas du trys keturi penki šeši septyni aštuoni devyni",
        "taškas|eta|pasvirasis brūkšnys|brūkšnelis|apatinis brūkšnys|plius",
        r"kodas|pin|numeris|telefonas|tel",
    ),
    "pl": _words(
        "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
        "kropka|małpa|ukośnik|myślnik|podkreślnik|plus",
        r"kod(?:em|u)?(?: \w+)?|pin|numer(?:em|u)?(?: \w+)?|telefon|tel|komórka|hasło",
    ),
    "ro": _words(
        "zero unu doi trei patru cinci șase șapte opt nouă",
        "punct|arond|slash|liniuță|liniuță jos|plus",
        r"cod(?:ul)?(?: \w+)?|pin|număr(?:ul)?(?: de \w+)?|telefon|tel",
    ),
    "ru": _words(
        "ноль один два три четыре пять шесть семь восемь девять",
        "точка|собака|слэш|дефис|нижнее подчёркивание|плюс",
        r"код(?:ом|а)?|пин|пин-код|номер(?:ом|а)?(?: \w+)?|телефон|тел",
    ),
    "sk": _words(
        "nula jeden dva tri štyri päť šesť sedem osem deväť",
        "bodka|zavináč|lomka|pomlčka|podčiarkovník|plus",
        r"kód(?:om|u)?|pin|psč|číslo(?: \w+)?|telefón|tel|mobil|heslo",
    ),
    "sl": _words(
        "nič ena dva tri štiri pet šest sedem osem devet",
        "pika|afna|poševnica|vezaj|podčrtaj|plus",
        r"koda|pin|številka(?: \w+)?|telefon|tel",
    ),
    "uk": _words(
        "нуль один два три чотири п'ять шість сім вісім дев'ять",
        "крапка|собака|слеш|дефіс|нижнє підкреслення|плюс",
        r"код(?:ом|у)?|пін|пін-код|номер(?:ом|а)?(?: \w+)?|телефон|тел",
    ),
    "zh": _words(
        "零 一 二 三 四 五 六 七 八 九",
        "点|艾特|斜杠|横杠|下划线|加",
        r"(?:号码|号|密码|验证码|代码|电话|號碼|密碼|驗證碼|代碼|電話)(?:是|为|為|：|:)?",
    ),
    "zh-Hant": _words(
        "零 一 二 三 四 五 六 七 八 九",
        "點|小老鼠|斜線|橫線|底線|加",
        r"(?:號碼|密碼|驗證碼|代碼|電話|號)(?:是|為|：|:)?",
    ),
}
