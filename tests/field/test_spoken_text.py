"""Texts of models, and the texts that the provider receives for them."""

import pytest

from services.tts.spoken_text.normalizer import NormalizerOptions, ReplyNormalizer
from tests.field.rows import Seen, row


def speak(text: str, language: str = "en", **options: bool) -> str:
    """The spoken text of a reply that is cut after each line."""
    normalizer = ReplyNormalizer(NormalizerOptions(language, **options))
    return " ".join("".join(normalizer.feed(line).text for line in text.splitlines(keepends=True)).split())


MARKUP = [
    (
        "**Bold**, *italic*, ***both***, __bold__, _it_, ~~gone~~, `code`.",
        "Bold, italic, both, bold, it, gone, code.",
    ),
    ("# Hours\n## Today ##\nNine to five.", "Hours. Today. Nine to five."),
    ("- Monday\n* Tuesday\n+ Wednesday\n• Thursday", "Monday. Tuesday. Wednesday. Thursday"),
    ("1. Monday\n2) Tuesday", "one. Monday. two. Tuesday"),
    ("- [x] booked\n- [ ] open", "booked. open"),
    ("> quoted\n\n---\n\nDone.", "quoted. Done."),
    ("| Day | Time |\n|-----|:----:|\n| Monday | noon |", "Day, Time. Monday, noon."),
    ("See [our page](https://example.com/a_(b)) and ![a map](map.png).", "See our page and a map."),
    ("It is so[^1] and so [2].", "It is so and so."),
    ("```python\nprint(1)\n```\nDone.", "Done."),
    ("Use <b>this</b><br/>&amp; that &lt; five.", "Use this and that less than five."),
    ("\\(x\\) and \\[y\\] and $z$", "x and y and z"),
    ("Great 👍🏽 👩‍👩‍👧‍👦 🇩🇪 ❤️ ☎️ ✅ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 day!", "Great day!"),
    ("Press 1️⃣ or #️⃣.", "Press one or."),
    ("Berlin → Munich ⇒ Rome", "Berlin, Munich, Rome"),
    ("★ Best ■ offer ™ ©", "Best offer"),
    ("zero\u200bwidth\ufeff and\u00a0space\x07\x1b", "zerowidth and space"),
    ("Hello :-) and :tada: bye ;)", "Hello and bye"),
    ("Visit https://www.example.com/book.", "Visit example dot com slash book."),
    ("Visit https://example.com/x?utm_source=a&id=4711#top now", "Visit example dot com now"),
    ("example.co.uk, my-shop.de", "example dot co dot uk, my dash shop dot de"),
    ("Mail ann.lee@example.com.", "Mail ann dot lee at example dot com."),
    ("5 * 3 = 15", "five times three equals fifteen"),
    ("C#, AT&T, and/or, R & D, snake_case, it's", "C#, AT&T, and/or, R and D, snake_case, it's"),
    ("x < y, y>3", "x less than y, y greater than three"),
]


@row("S1", "Markdown, emoji, addresses, signs", "removed or spelled")
@pytest.mark.parametrize(("text", "expected"), MARKUP, ids=range(len(MARKUP)))
def test_markup_is_removed(text: str, expected: str, seen: Seen) -> None:
    """The words remain."""
    seen(speak(text))
    assert speak(text) == expected


@row("S1", "addresses and signs in other languages", "spelled in the agent's language")
@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "praxis.de & mehr", "praxis Punkt de und mehr"),
        ("es", "ana@example.es", "ana arroba example punto es"),
        ("fr", "example.fr/rdv", "example point fr slash rdv"),
        ("pt", "ana@example.br", "ana arroba example ponto br"),
        ("hi", "example.in", "example डॉट in"),
        ("nl", "**example.nl**", "example punt nl"),
        ("sw", "**example.ke**", "example.ke"),
    ],
)
def test_signs_are_spoken_in_the_language(language: str, text: str, expected: str, seen: Seen) -> None:
    """An unknown language keeps the address."""
    seen(speak(text, language))
    assert speak(text, language) == expected


NUMBERS = [
    ("en", "$1,234.56", "one thousand two hundred thirty-four dollars and fifty-six cents"),
    ("en", "£5m, €0.50, -$5, 5 USD", "five million pounds, fifty cents, minus five dollars, five dollars"),
    ("en", "on 3/4/2026", "on March fourth, twenty twenty-six"),
    ("en-GB", "on 3/4/2026", "on the third of April, twenty twenty-six"),
    ("en", "2026-11-28, Nov. 28th", "November twenty-eighth, twenty twenty-six, November twenty-eighth"),
    (
        "en",
        "9:30, 14:05, 9am, 9:30 p.m. today",
        "nine thirty, fourteen oh five, nine a.m., nine thirty p.m. today",
    ),
    ("en", "9am-5pm, 8–18, 10-15%", "nine a.m. to five p.m., eight to eighteen, ten to fifteen percent"),
    ("en", "(555) 123-4567", "five five five, one two three, four five six seven"),
    ("en", "+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
    (
        "en",
        "code 4821, BK-20419, 97201",
        "code four eight two one, BK two zero four one nine, nine seven two zero one",
    ),
    ("en", "in 1984, the 1990s, 2026", "in nineteen eighty-four, the nineteen nineties, twenty twenty-six"),
    (
        "en",
        "20°C, 60 km/h, 5%, 3.5 kg",
        "twenty degrees Celsius, sixty kilometers per hour, five percent, three point five kilograms",
    ),
    ("en", "21st, 1/2, 2 1/2, #5, § 5", "twenty-first, one half, two and a half, number five, section five"),
    (
        "en",
        "192.168.0.1, v2.1, 3.14",
        "one nine two dot one six eight dot zero dot one, version two point one, three point one four",
    ),
    ("en-IN", "₹1,00,000", "one lakh rupees"),
    ("de", "1.234,56 €", "eintausendzweihundertvierunddreißig Euro sechsundfünfzig"),
    (
        "de",
        "am 31.12.2026 um 9:30 Uhr",
        "am einunddreißigsten Dezember zweitausendsechsundzwanzig um neun Uhr dreißig",
    ),
    ("de", "im 3. Stock, am 5. Mai, die 2. Tür", "im dritten Stock, am fünften Mai, die zweite Tür"),
    (
        "de",
        "3,5 %, 20 °C, Nr. 5, 1 Stunde",
        "drei Komma fünf Prozent, zwanzig Grad Celsius, Nummer fünf, eine Stunde",
    ),
    ("de", "030 1234567", "null drei null, eins zwei drei vier fünf sechs sieben"),
    ("es", "12,50 € a las 9:30", "doce euros con cincuenta céntimos a las nueve y treinta"),
    (
        "es",
        "31/12/2026, 200 personas, 1 hora, 3.º piso",
        "treinta y uno de diciembre de dos mil veintiséis, doscientas personas, una hora, tercer piso",
    ),
    ("es-MX", "$1,234.50", "mil doscientos treinta y cuatro pesos con cincuenta centavos"),
    (
        "fr",
        "1 234,56 € à 9h30",
        "mille deux cent trente-quatre euros et cinquante-six centimes à neuf heures trente",
    ),
    (
        "fr",
        "le 1er mai, 28/11/2026, 3,5 %",
        "le premier mai, vingt-huit novembre deux mille vingt-six, trois virgule cinq pour cent",
    ),
    ("fr", "01 23 45 67 89", "zéro un, deux trois, quatre cinq, six sept, huit neuf"),
    ("pt-BR", "R$ 12,50 às 14h", "doze reais e cinquenta centavos às catorze horas"),
    (
        "pt",
        "2 pessoas, 28/11/2026, 3º andar",
        "duas pessoas, vinte e oito de novembro de dois mil e vinte e seis, terceiro andar",
    ),
    ("hi", "₹500, 5%, 28/11/2026", "पाँच सौ रुपये, पाँच प्रतिशत, अट्ठाईस नवंबर दो हज़ार छब्बीस"),
    ("hi", "98765 43210, 10:30 बजे", "नौ आठ सात छह पाँच, चार तीन दो एक शून्य, दस बजकर तीस मिनट"),
]


@row("S2", "numbers, money, dates, times, telephone numbers", "words of the agent's language")
@pytest.mark.parametrize(("language", "text", "expected"), NUMBERS, ids=range(len(NUMBERS)))
def test_numbers_are_spoken_in_words(language: str, text: str, expected: str, seen: Seen) -> None:
    """Flash models read digits wrongly."""
    seen(speak(text, language))
    assert speak(text, language) == expected


@row("S2", "numbers for a voice that reads them, or in an unknown language", "digits")
@pytest.mark.parametrize(("language", "numbers"), [("en", False), ("multi", True), ("sw", True)])
def test_numbers_may_keep_their_digits(language: str, numbers: bool, seen: Seen) -> None:
    """Markup is removed all the same."""
    seen(speak("**$12.50** on 12/31/2026", language, numbers=numbers))
    assert speak("**$12.50** on 12/31/2026", language, numbers=numbers) == "$12.50 on 12/31/2026"


@row("S3", "SSML, well-formed or not", "removed; the text inside is spoken")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('Wait <break time="0.5s"/>here.', "Wait here."),
        ("<break time=0.5s>Wait <break/> < break /> here", "Wait here"),
        ('<speak version="1.0"><p><s>Hi.</s></p></speak>', "Hi."),
        ('<phoneme alphabet="ipa" ph="təˈmeɪtoʊ">tomato</phoneme>', "tomato"),
        ('<prosody rate="slow"><say-as interpret-as="date">today</say-as></prosody>', "today"),
        ("<amazon:effect name='whispered'>so</amazon:effect>", "so"),
        ('Wait <break time=\n"1s"/> here', "Wait here"),
        ('Wait <break time="1s"', "Wait"),
        ("&lt;break time='1s'/&gt;Now", "Now"),
        ("[laughs] Sure (sighs) *chuckles* [clears throat]", "Sure"),
        ("a < b and c > d", "a less than b and c greater than d"),
    ],
)
def test_ssml_is_removed(text: str, expected: str, seen: Seen) -> None:
    """A comparison is not a tag."""
    seen(speak(text))
    assert speak(text) == expected


@row("S3", "SSML and audio tags for a voice that takes them", "sent unchanged")
def test_ssml_is_sent_where_it_is_enabled(seen: Seen) -> None:
    """HTML is removed all the same."""
    spoken = speak('[laughs] At <b>9</b> <break time="0.5s"/> sharp', keep_ssml=True, keep_audio_tags=True)
    seen(spoken)
    assert spoken == '[laughs] At nine <break time="0.5s"/> sharp'


IN_CONTEXT = [
    ("en", "Your code is:\n4821", "Your code is: four eight two one"),
    ("en", "The code for the door is 4821.", "The code for the door is four eight two one."),
    ("en", "a card ending in 4242", "a card ending in four two four two"),
    ("en", "[Agent]: Hello there.", "Agent: Hello there."),
    ("en", "[1]: https://a.com/x 'a page'\nOk.", "Ok."),
    (
        "en",
        "10am-12pm, 5-10am, 9AM-5PM",
        "ten a.m. to twelve p.m., five to ten a.m., nine a.m. to five p.m.",
    ),
    ("en", "at ½ price", "at one half price"),
    ("en", "closed on 12/25", "closed on December twenty-fifth"),
    ("en", "$50 CAD, $5/mo", "fifty Canadian dollars, five dollars per month"),
    ("en", "3 nights @ $120", "three nights at one hundred twenty dollars"),
    ("en", "12 x 14 ft, 2 x 3 = 6", "twelve by fourteen feet, two times three equals six"),
    ("en", "$100k–$150k", "one hundred thousand dollars to one hundred fifty thousand dollars"),
    ("en", "100kg-200kg", "one hundred kilograms to two hundred kilograms"),
    ("en", "in the mid-70s", "in the mid-seventies"),
    (
        "en",
        "2026-11-28T14:30:00Z",
        "November twenty-eighth, twenty twenty-six, fourteen thirty UTC",
    ),
    ("en", "\\boxed{\\frac{1}{2}}", "one half"),
    (
        "en",
        "GB29 NWBK 6016 1331 9268 19",
        "G B two nine, N W B K, six zero one six, one three three one, nine two six eight, one nine",
    ),
    ("de", "Mo.–Fr. 8–17 Uhr", "Mo.–Fr. acht bis siebzehn Uhr"),
    ("de-CH", "Fr. 8.50, Mo.–Fr. 8–17 Uhr", "acht Franken fünfzig, Mo.–Fr. acht bis siebzehn Uhr"),
    ("de", "2 Mio. Kunden, 1 Mrd. Euro", "zwei Millionen Kunden, eine Milliarde Euro"),
    ("de", "die 90er-Jahre", "die neunziger-Jahre"),
    ("de", "Ich komme am 5.", "Ich komme am fünften."),
    ("en", "a 100-meter race for $3.999", "a one hundred-meter race for three point nine nine nine dollars"),
    ("en", "Your ref: 12-3456", "Your ref: one two, three four five six"),
    ("en", "order #98765", "order nine eight seven six five"),
    ("en", "9:00 AM–9:30 AM", "nine a.m. to nine thirty a.m."),
    ("de", "15,– Euro", "fünfzehn Euro"),
    ("es", "$1,000 pesos", "mil pesos"),
    ("fr", "1 000 € ou 10 000 personnes", "mille euros ou dix mille personnes"),
    ("fr", "24h/24 et 7j/7", "vingt-quatre heures sur vingt-quatre et sept jours sur sept"),
    ("fr", "14h-15h", "quatorze heures à quinze heures"),
    ("es", "$50 MXN, el 25/12", "cincuenta pesos, el veinticinco de diciembre"),
    ("pt", "5-7 dias, 2 a 3 horas", "cinco a sete dias, duas a três horas"),
    ("pt", "CPF 123.456.789-09", "CPF um dois três, quatro cinco seis, sete oito nove, zero nove"),
    ("pt", "às 9h\nàs 10h", "às nove horas. às dez horas"),
    ("hi", "9:00 बजे\nठीक है", "नौ बजे. ठीक है"),
]


@row("S2", "codes, ranges, dates and amounts that only their neighbours explain", "the right words")
@pytest.mark.parametrize(("language", "text", "expected"), IN_CONTEXT, ids=range(len(IN_CONTEXT)))
def test_neighbours_explain_a_number(language: str, text: str, expected: str, seen: Seen) -> None:
    """The neighbours may be in the clause before."""
    seen(speak(text, language))
    assert speak(text, language) == expected
