"""Numbers of each kind in each language."""

import pytest

from services.tts.spoken_text.language import find_language
from services.tts.spoken_text.mapped_text import MappedText
from services.tts.spoken_text.numbers_in_words import speak_numbers

ENGLISH = [
    ("$12.50", "twelve dollars and fifty cents"),
    ("12/31/2026", "December thirty-first, twenty twenty-six"),
    ("9:05", "nine oh five"),
    ("555-123-4567", "five five five, one two three, four five six seven"),
    ("5%", "five percent"),
    ("20°C", "twenty degrees Celsius"),
    ("1st", "first"),
    ("192.168.0.1", "one nine two dot one six eight dot zero dot one"),
    ("2 1/2 cups", "two and a half cups"),
]


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_numbers_are_written_in_words(text: str, expected: str) -> None:
    """One example of each kind."""
    assert speak_numbers(MappedText.of(text), find_language("en")).text == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("250 रुपये लगेंगे", "दो सौ पचास रुपये लगेंगे"),
        ("250 रु लगेंगे", "दो सौ पचास रुपये लगेंगे"),
        ("₹250 INR", "दो सौ पचास रुपये"),
        ("₹50/दिन", "पचास रुपये प्रति दिन"),
    ],
)
def test_words_of_indian_scripts_end_after_their_vowel_signs(text: str, expected: str) -> None:
    """An abbreviation may be the beginning of a word."""
    assert speak_numbers(MappedText.of(text), find_language("hi")).text == expected


@pytest.mark.parametrize("text", ["4/5", "3,5", "4G", "MP3", "1:1:1:1", "5'10\"", "1.2.3.4.5.6"])
def test_what_is_ambiguous_keeps_its_digits(text: str) -> None:
    """Wrong words are worse than digits."""
    assert any(map(str.isdigit, speak_numbers(MappedText.of(text), find_language("en")).text))


def test_text_of_other_languages_is_unchanged() -> None:
    """There are no tables for them."""
    text = MappedText.of("Ni saa 9:30.")
    assert speak_numbers(text, find_language("sw")) is text


FURTHER = [
    (
        "it",
        "È il 28/11/2026 alle 14:30.",
        "È il ventotto novembre duemilaventisei alle quattordici e trenta.",
    ),
    ("it", "martedì 1° dicembre alle ore 9.15", "martedì primo dicembre alle ore nove e quindici"),
    ("it", "al 3° piano, 20° all'ombra", "al terzo piano, venti gradi all'ombra"),
    (
        "it",
        "€ 1.234,56, poi 12,50 €",
        "milleduecentotrentaquattro euro e cinquantasei centesimi, poi dodici euro e cinquanta centesimi",
    ),
    ("it", "1 euro, 1 visita, 1 studio, 1 ora", "un euro, una visita, 1 studio, 1 ora"),
    ("it", "dalle 9-13, il 15%", "dalle nove alle tredici, il quindici per cento"),
    ("it", "Il codice di conferma è 4821.", "Il codice di conferma è quattro otto due uno."),
    ("it-CH", "CHF 1'250.50", "milleduecentocinquanta franchi e cinquanta centesimi"),
    (
        "nl",
        "op 28-11-2026 om 14:30 uur",
        "op achtentwintig november tweeduizendzesentwintig om veertien uur dertig",
    ),
    ("nl", "van 9.00 tot 17.30 uur", "van negen uur tot zeventien uur dertig"),
    ("nl", "€ 12,50, 1 euro", "twaalf euro vijftig, één euro"),
    ("nl", "de 3e verdieping, sinds 1987", "de derde verdieping, sinds negentienzevenentachtig"),
    ("nl", "bel 06-12345678", "bel nul zes, één twee drie vier, vijf zes zeven acht"),
    ("sv", "den 28 november kl. 14.30", "den tjugoåttonde november klockan fjorton trettio"),
    ("sv", "Det kostar 499 kr.", "Det kostar fyrahundranittionio kronor."),
    ("sv", "1 minut, 1 kg, 3:e gången", "en minut, ett kilogram, tredje gången"),
    ("da", "d. 28/11 kl. 9.05", "d. otteogtyvende november klokken ni nul fem"),
    ("da", "på 3. sal den 21. maj", "på tredje sal den enogtyvende maj"),
    ("nb", "28. november 2026, 21 kroner", "tjueåttende november to tusen og tjueseks, tjueén kroner"),
    ("tr", "%15, ₺1.250,50, 3. kat", "yüzde on beş, bin iki yüz elli lira elli kuruş, üçüncü kat"),
    ("tr", "saat 14:30'da, 250 TL'ye", "saat on dört otuz'da, iki yüz elli TL'ye"),
    (
        "id",
        "Rp150.000, 08.00-17.00, ke-3",
        "seratus lima puluh ribu rupiah, delapan sampai tujuh belas, ketiga",
    ),
    (
        "vi",
        "14h30 ngày 5/12, 150.000đ",
        "mười bốn giờ ba mươi ngày năm tháng mười hai, một trăm năm mươi nghìn đồng",
    ),
]


@pytest.mark.parametrize(("tag", "text", "expected"), FURTHER)
def test_numbers_in_further_languages(tag: str, text: str, expected: str) -> None:
    """A form that depends on a noun of unknown gender keeps its digits."""
    assert speak_numbers(MappedText.of(text), find_language(tag)).text == expected


DICTATED = [
    ("pl", "Kod to 4821, 28.11.2026, 150 zł", "Kod to cztery osiem dwa jeden, 28 listopada 2026, 150 zł"),
    (
        "pl",
        "600 123 456, nie 123 456 789 zł",
        "sześć zero zero, jeden dwa trzy, cztery pięć sześć, nie 123 456 789 zł",
    ),
    ("ru", "2026-11-28, BK-204", "28 ноября 2026 года, BK два ноль четыре"),
    ("cs", "+420 123 456 789", "plus čtyři dva nula, jedna dva tři, čtyři pět šest, sedm osm devět"),
    ("ja", "電話は03-1234-5678です", "電話はゼロ サン、イチ ニ サン ヨン、ゴ ロク ナナ ハチです"),
    ("zh-TW", "驗證碼是4821", "驗證碼是四 八 二 一"),
    ("ko", "코드는 4821입니다", "코드는 사 팔 이 일입니다"),
    ("ar", "رمز التأكيد ٤٨٢١", "رمز التأكيد أربعة ثمانية اثنان واحد"),
    ("fi", "Klo 14.30, 25 euroa, 24/7", "Klo 14.30, 25 euroa, 24/7"),
]


@pytest.mark.parametrize(("tag", "text", "expected"), DICTATED)
def test_only_what_is_dictated_is_spoken_where_numbers_are_declined(
    tag: str, text: str, expected: str
) -> None:
    """The provider's voice infers the cases and counters of the rest."""
    assert speak_numbers(MappedText.of(text), find_language(tag)).text == expected


FORMS = [
    ("de", "In 1 Stunde, 1 Stunde lang, vor 1 Jahr", "In einer Stunde, eine Stunde lang, vor einem Jahr"),
    (
        "de",
        "3x täglich 1/2 Tablette, 1987 geboren",
        "dreimal täglich eine halbe Tablette, neunzehnhundertsiebenundachtzig geboren",
    ),
    ("de", "Rechnung Nr. 2023-114", "Rechnung Nummer zwei null zwei drei, eins eins vier"),
    ("de-AT", "am 5.1. um 9 Uhr", "am fünften Jänner um neun Uhr"),
    ("es", "Marque 1 para citas, 1/2 pastilla", "Marque uno para citas, media pastilla"),
    ("pt", "2 mensagens, 2 para exames", "duas mensagens, dois para exames"),
    (
        "fr",
        "2,5 millions d'euros, le code est le 4821",
        "deux virgule cinq millions d'euros, le code est le quatre huit deux un",
    ),
    ("fr-CH", "71 personnes", "septante-et-une personnes"),
    ("en-GB", "£105 or 20p", "one hundred and five pounds or twenty pence"),
    ("en-IN", "₹1,25,000", "one lakh twenty-five thousand rupees"),
    ("hi", "ओटीपी 4821, २५ दिसंबर", "ओटीपी चार आठ दो एक, पच्चीस दिसंबर"),
    ("hi-Latn", "5:30 baje, 2nd floor", "पाँच बजकर तीस मिनट, second floor"),
    ("en", "an RTX 4090, ISO 9001", "an RTX 4090, ISO 9001"),
    (
        "de",
        "Bestellung #987, in 1-2 Werktagen",
        "Bestellung Nummer neun acht sieben, in ein bis zwei Werktagen",
    ),
    ("de", "Durchwahl -123, am 30.11.", "Durchwahl eins zwei drei, am dreißigsten November."),
    ("fr", "le 1 mai, 14h-18h30", "le premier mai, quatorze heures à dix-huit heures trente"),
    ("fr", "1 000 000 €", "un million d'euros"),
    ("pt-BR", "R$ 1.000.000,00", "um milhão de reais"),
]


@pytest.mark.parametrize(("tag", "text", "expected"), FORMS)
def test_numbers_have_the_form_that_their_noun_or_region_requires(tag: str, text: str, expected: str) -> None:
    """A preposition, the gender of a noun, and the country decide."""
    assert speak_numbers(MappedText.of(text), find_language(tag)).text == expected
