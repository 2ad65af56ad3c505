"""Abbreviations whose full stop does not end a sentence, by language. No I/O."""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True, slots=True)
class Abbreviations:
    """The abbreviations of a language, without their last full stop."""

    inside: frozenset[str]
    """Never the end of a sentence, because a name, a noun or a number follows."""
    maybe_last: frozenset[str]
    """The end of a sentence if a capital letter follows."""
    before_number: frozenset[str]
    """Words such as "no" that are an abbreviation only before a number."""


_BY_LANGUAGE: dict[str, tuple[str, str, str]] = {
    "en": (
        """
        Dr Prof St Mt Ph.D Mr Mrs Ms Messrs Mx Gen Col Sgt Lt Capt Cmdr Rev Hon Gov Sen Rep Pres Fr
        vs approx dept Dept ave Ave blvd Blvd Rd Apt apt Ste Hwy Ft incl excl est Est ca cf viz al
        dba e.g i.e U.S U.K U.N Bros Assn tel Tel ext Ext
        """,
        """
        a.m p.m A.M P.M etc inc Inc ltd Ltd jr Jr sr Sr Co Corp LLC Jan Feb Mar Apr Jun Jul Aug Sep
        Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun min mins max hr hrs oz lb
        lbs ft yd sq St.James
        """,
        """
        no No nos Nos fig Fig vol Vol p pp ch Ch sec Sec art Art para room Rm rm pg
        """,
    ),
    "de": (
        """
        Dr Prof St Mt Ph.D Hr Hrn Fr Dipl Ing med jur rer nat phil Mag Frl Nr Nrn Str str Pl Tel tel
        Fax Co Abt Abs Art Bd Kap Abb bzw ca circa evtl ggf gem inkl exkl zzgl abzgl insb bes vgl sog
        lt max min mind mtl tägl wöchentl jährl ehem geb verh gest gegr Jh Mio Mrd Tsd Std Min Sek
        Stk Stck Pkt Prof.Dr Hl Bhf Hbf Ecke Tgl Allg allg versch entspr einschl ausschl resp Mo Di
        Mi Do Sa So Jan Feb Mär Apr Jun Jul Aug Sep Sept Okt Nov Dez Mwst MwSt z.B d.h u.a o.ä u.ä
        z.T z.Zt i.d.R s.o s.u v.a u.U i.A i.V e.V b.z.w a.d Dr.med
        """,
        """
        usw etc uvm u.s.w a.m p.m AG.m
        """,
        "",
    ),
    "es": (
        """
        Dr Prof St Mt Ph.D Sr Sra Srta Srs Sres Sras Dra D Dª Dña Da Lic Ing Arq Mtro Mtra Profa Ud
        Uds Vd Vds av Av avda Avda C c Pza pza Pº Ctra ctra Gral Cap Tte Cnel núm Núm nº tel Tel
        tfno Tfno tlf ext Ext ej p.ej pág págs aprox máx mín vol cap art depto Depto dpto Dpto prov
        Sto Sta EE UU EE.UU a.C d.C dcha izda hab bis
        """,
        """
        etc a.m p.m A.M P.M S.A S.L Cía Ltda min seg hs hrs ene feb mar abr may jun jul ago sept oct
        nov dic
        """,
        """
        n
        """,
    ),
    "fr": (
        """
        Dr Prof St Mt Ph.D M MM Mme Mlle Mgr Me Pr Vve av Av bd Bd boul Boul bld pl Pl ch imp rte
        all Ste tél Tél tel Tel env approx max min p.ex ex cf vs art chap vol réf Réf app appt Appt
        bât Bât ét esc J.-C av.J.-C c.-à-d janv févr avr juil sept oct nov déc lun mar mer jeu ven
        sam dim
        """,
        """
        etc S.A S.A.R.L Cie hab
        """,
        """
        no num n p pp
        """,
    ),
    "pt": (
        """
        Dr Prof St Mt Ph.D Sr Sra Srs Sras Srta Dra Drs D Dª Exmo Exma Eng Engª Arq Profa Profª Av
        av R Al Pça Pç Rod Est Trav Tv Tel tel Cel cel Fax ramal ap apto Apto apt bl Bl nº n° núm
        aprox máx mín ex p.ex pág págs vol cap art Ltda Cia depto Depto Dep Gov Pres Gen Cap Sto Sta
        séc jan fev mar abr mai jun jul ago set out nov dez
        """,
        """
        etc a.m p.m S.A hs hrs min seg
        """,
        """
        n
        """,
    ),
    "hi": (
        """
        डॉ प्रो श्री श्रीमती सुश्री कु इंजी रु नं पृ ई सं मो टेली Dr Mr Mrs Ms Prof St Smt Shri Rs
        No Nr
        """,
        """
        a.m p.m etc इत्यादि आदि
        """,
        "",
    ),
    "it": (
        """
        Dr Prof St Mt Ph.D Dott Sig Sigg Sig.ra Sig.na Dott.ssa Prof.ssa Avv Ing Arch Geom Rag Gent Spett
        Egr Ill v.le V.le p.zza P.zza c.so C.so tel Tel cell Cell int rif Rif pag pagg art artt es Es p.es
        ad.es max incl escl ca nr Nr fatt cod Cod cap vol
        """,
        """
        ecc etc S.p.A S.r.l a.m p.m A.M P.M min sec gen feb mar apr mag giu lug ago set sett ott nov dic
        lun mer gio ven sab dom
        """,
        """
        n nn N
        """,
    ),
    "nl": (
        """
        Dr Prof St Mt Ph.D Mr dhr Dhr mevr Mevr mw Mw drs Drs ir Ir ing Ing mej fam Fam bijv Bijv bv nr
        Nr nrs tel Tel ca incl excl max evt resp vs d.w.z o.a i.v.m m.b.t t.a.v t.n.v i.p.v a.h.w jl jan feb febr mrt apr jun jul aug sep sept okt nov dec mln mld
        """,
        """
        enz etc a.u.b s.v.p a.m p.m B.V N.V min sec
        """,
        "",
    ),
    "sv": (
        """
        Dr Prof St Mt Ph.D kl Kl tel Tel nr Nr t.ex bl.a d.v.s dvs ca c:a inkl exkl max ev resp fr.o.m
        t.o.m s.k pga p.g.a jfr ang avd Avd förf jan feb febr apr aug sep sept okt nov dec mån tis tors fre
        lör sön
        """,
        """
        osv o.s.v etc m.m mm kr st min sek tim
        """,
        "",
    ),
    "da": (
        """
        Dr Prof St Mt Ph.D kl Kl tlf Tlf nr Nr f.eks fx bl.a dvs d.v.s ca inkl ekskl maks evt hhv pga
        p.g.a vedr afd Afd d D jan feb febr apr aug sep sept okt nov dec mio mia
        """,
        """
        osv o.s.v etc m.m m.v mv kr stk min sek
        """,
        "",
    ),
    "no": (
        """
        Dr Prof St Mt Ph.D kl Kl tlf Tlf nr Nr f.eks bl.a dvs d.v.s ca inkl ekskl maks evt hhv pga p.g.a
        vedr avd Avd jan feb febr apr aug sep sept okt nov des mill mrd
        """,
        """
        osv o.s.v etc m.m mm kr stk min sek
        """,
        "",
    ),
    "pl": (
        """
        Dr Prof St Mt Ph.D dr prof hab mgr inż lek ul Ul al Al pl os tel Tel nr Nr godz Godz np Np tzn tj
        tzw m.in ok ds ww wg str poz maks ewentualnie św pow woj
        """,
        """
        itp itd etc r gr min sek tys mln mld
        """,
        "",
    ),
    "cs": (
        """
        Dr Prof St Mt Ph.D Ing ing Mgr Bc MUDr JUDr PhDr RNDr Phdr doc prof např Např tj tzn tzv resp popř
        příp mj ul nám tel Tel č čp str odd cca ca vč max sv
        """,
        """
        atd apod aj hod min sek tis mil mld
        """,
        "",
    ),
    "ru": (
        """
        Dr Prof Mr Mrs ул Ул пр просп пер пл наб ш д кв корп стр оф тел Тел доб т.е т.к напр ок см Др гр
        рис п ст обл
        """,
        """
        т.д т.п др руб коп мин сек ч г гг тыс млн млрд
        """,
        "",
    ),
    "uk": (
        """
        Dr Prof Mr Mrs вул Вул пр просп пров пл буд кв корп тел Тел дод т.зв напр ім див с п ст обл
        """,
        """
        т.д т.п ін грн коп хв сек год р рр тис млн млрд
        """,
        "",
    ),
    "tr": (
        """
        Dr Prof St Mt Ph.D Doç Av Sn Op Uzm Yrd cad Cad sok Sok mah Mah apt Apt blv Blv no No tel Tel
        örn Örn bkz Bkz yak dk
        """,
        """
        vb vs vd Ltd Şti A.Ş
        """,
        "",
    ),
    "id": (
        """
        Dr Prof St Mt Ph.D dr Ir Hj Drs Bpk Sdr Sdri jl Jl no No telp Telp tel tgl hlm kec kab kel a.n
        u.p s.d Rp
        """,
        """
        dll dsb dst dkk etc
        """,
        "",
    ),
}
_ALIASES = {"nb": "no", "nn": "no", "sk": "cs"}
"""Languages that share the abbreviations of another one."""


@cache
def abbreviations_of(language: str) -> Abbreviations:
    """Return the abbreviations of a language tag; those of English for a language without a table."""
    code = language.replace("_", "-").split("-")[0].lower()
    code = _ALIASES.get(code, code)
    inside, maybe_last, before_number = _BY_LANGUAGE.get(code, _BY_LANGUAGE["en"])
    return Abbreviations(
        frozenset(inside.split()), frozenset(maybe_last.split()), frozenset(before_number.split())
    )
