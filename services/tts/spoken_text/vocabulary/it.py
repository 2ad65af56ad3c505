"""Italian words."""

from services.tts.spoken_text.language import Vocabulary

WORDS = Vocabulary(
    dot="punto",
    at="chiocciola",
    slash="barra",
    dash="trattino",
    underscore="trattino basso",
    colon="due punti",
    and_="e",
    plus="più",
    minus="meno",
    times="per",
    by="per",
    divided="diviso",
    equals="uguale a",
    not_equal="diverso da",
    less="minore di",
    greater="maggiore di",
    less_equal="al massimo",
    greater_equal="almeno",
    plus_minus="più o meno",
    about="circa",
    power="alla",
    star="asterisco",
    hash="cancelletto",
    to="a",
    number="numero",
    section="paragrafo",
    version="versione",
    per="a",
    percent="per cento",
    per_mille="per mille",
    degrees="gradi",
    decimal="virgola",
    currency_joint="e",
    currencies={
        "EUR": ("euro", "euro", "centesimo", "centesimi"),
        "USD": ("dollaro", "dollari", "centesimo", "centesimi"),
        "GBP": ("sterlina", "sterline", "penny", "pence"),
        "CHF": ("franco", "franchi", "centesimo", "centesimi"),
        "INR": ("rupia", "rupie", "paisa", "paise"),
        "JPY": ("yen", "yen", "", ""),
    },
    multipliers={
        "mila": "mila",
        "milione": "milione",
        "milioni": "milioni",
        "miliardo": "miliardo",
        "miliardi": "miliardi",
        "mln": "milioni",
        "mld": "miliardi",
        "M": "milioni",
        "k": "mila",
        "K": "mila",
    },
    of="di",
    fractions={
        "1/2": "mezzo",
        "1/3": "un terzo",
        "2/3": "due terzi",
        "1/4": "un quarto",
        "3/4": "tre quarti",
        "1/5": "un quinto",
        "+1/2": "e mezzo",
    },
    months=(
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ),
    month_prefixes={
        "gen": 1,
        "genn": 1,
        "feb": 2,
        "febbr": 2,
        "mar": 3,
        "apr": 4,
        "mag": 5,
        "magg": 5,
        "giu": 6,
        "lug": 7,
        "ago": 8,
        "set": 9,
        "sett": 9,
        "ott": 10,
        "nov": 11,
        "dic": 12,
    },
    digit_contexts=(
        r"codice(?: di \w+| postale)?|cap|pin|otp|telefono|tel|cellulare|cell|fax|interno|riferimento|rif|pratica"
        r"|prenotazione|ordine|id|iban|(?:numero|n\.?°|n\.?º) (?:di|del|dell['’]|della) ?(?:\w+)"
        r"|che (?:finisce|termina) (?:con|per)|componga|digiti|prema"
    ),
    feminine=(
        r"persone?|sterline?|rupie?|corone?|notte|notti|volta|settimana|visita|camera|stanza|chiamata|giornata"
        r"|pagina|domanda|prenotazione|confezione|rata|fattura|copia|compressa|fetta|bottiglia|tazza|goccia"
        r"|dose|stazione|fermata|sala|sedia|via|casa|capsula|sessione|consegna|richiesta|risposta|seduta"
    ),
    masculine=(
        r"euro|dollaro|franco|centesimo|giorno|mese|minuto|secondo|metro|chilometro|chilo|grammo|litro|grado"
        r"|posto|biglietto|tavolo|pezzo|prodotto|articolo|ordine|appuntamento|bambino|cucchiaio|cucchiaino|pacco"
        r"|milione|miliardo|gennaio|febbraio|marzo|aprile|maggio|giugno|luglio|agosto|settembre|ottobre|novembre"
        r"|dicembre"
    ),
)
