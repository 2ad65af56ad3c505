"""The languages of live transcription: ISO 639-1 and ISO 639-3 codes of the same languages."""

_CODES = """
    af/afr am/amh ar/ara as/asm ast az/aze be/bel bg/bul bn/ben bs/bos ca/cat ceb cs/ces cy/cym da/dan de/deu
    el/ell en/eng es/spa et/est fa/fas ff/ful fi/fin fil fr/fra ga/gle gl/glg gu/guj ha/hau he/heb hi/hin
    hr/hrv hu/hun hy/hye id/ind ig/ibo is/isl it/ita ja/jpn jv/jav ka/kat kea kk/kaz km/khm kn/kan ko/kor
    ku/kur ky/kir lb/ltz lg/lug ln/lin lo/lao lt/lit luo lv/lav mi/mri mk/mkd ml/mal mn/mon mr/mar ms/msa
    mt/mlt my/mya ne/nep nl/nld no/nor nso ny/nya oc/oci or/ori pa/pan pl/pol ps/pus pt/por ro/ron ru/rus
    sd/snd sk/slk sl/slv sn/sna so/som sr/srp sv/swe sw/swa ta/tam te/tel tg/tgk th/tha tr/tur uk/ukr umb
    ur/urd uz/uzb vi/vie wo/wol xh/xho yue zh/zho zu/zul
"""
LANGUAGES = frozenset(code for pair in _CODES.split() for code in pair.split("/"))
