"""From the body of a message to what the domain knows. Read by name, whatever the order.

Values are taken as sent, spaces around them included: the schema says `xs:string`, and the lexical
rules refuse them. What holds nothing else is as good as absent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from lxml import etree

from ins import codes
from ins.domain.recherche import Demande, Fourni, Lieu, Traits
from ins.domain.verification import IndividuVerifie
from ins.domain.vitale import AT, AT_OD, Beneficiaire
from services.population.matricule import is_well_formed, key_of, looks_real
from services.soap.envelope import text_of


def places(at: str) -> Mapping[str, str]:
    """Where each trait stands."""
    return {
        "nom_naissance": f"{at}/NomNaissance", "prenoms": f"{at}/Prenom", "sexe": f"{at}/Sexe",
        "date_naissance": f"{at}/DateNaissance", "lieu_naissance": f"{at}/LieuNaissance",
    }


_OF_SEARCH: Final = places("/Envelope/Body/RECSANSVITALE")


def demande_of(payload: etree._Element) -> Demande:
    """The search of RECSANSVITALE; empty when the root is another."""
    ns = f"{{{codes.NS_TRAITS}}}"
    right = payload.tag == f"{ns}RECSANSVITALE"
    return _demande(payload if right else None, ns, _OF_SEARCH)


def beneficiaire_of(payload: etree._Element) -> Beneficiaire:
    """The search of RECVITALE; empty when the root is another."""
    ns = f"{{{codes.NS_VITALE}}}"
    if payload.tag != f"{ns}RECVITALE":
        return Beneficiaire()
    own, opener = (payload.find(f"{ns}{name}") for name in ("MatriculeIndividu", "MatriculeOD"))
    number, opening = text_of(own, f"{ns}NumIdentifiant"), text_of(opener, f"{ns}NumIdentifiant")
    return Beneficiaire(
        number, opening, _sent(payload, f"{ns}NomNaissance"),
        _sent(payload, f"{ns}DateNaissance"), text_of(payload, f"{ns}RangNaissance"),
        (Lieu(number + text_of(own, f"{ns}Cle"), f"{AT}/MatriculeIndividu"),
         Lieu(opening + text_of(opener, f"{ns}Cle"), AT_OD)),
    )


def individu_of(element: etree._Element | None, at: str) -> tuple[IndividuVerifie, Demande]:
    """An identity to verify, and its traits as rules look at them."""
    ns = f"{{{codes.NS_VERIFIER}}}"
    given = element.find(f"{ns}INSFourni") if element is not None else None
    number = given.find(f"{ns}IdIndividu") if given is not None else None
    traits = element.find(f"{ns}TraitsIdentiteIndividu") if element is not None else None
    value, cle = _sent(number, f"{ns}NumIdentifiant"), _sent(number, f"{ns}Cle")
    oid = _sent(given, f"{ns}OID")
    unknown: tuple[Lieu, ...] = ()
    if looks_real(value, cle, oid):
        unknown = (Lieu(value + cle, f"{at}/INSFourni/IdIndividu"),)
    asked = _demande(traits, ns, places(f"{at}/TraitsIdentiteIndividu"), unknown)
    place = Lieu(value + cle, f"{at}/INSFourni/IdIndividu/Cle")
    asked = replace(
        asked, cles_fausses=cles_fausses([place]), fourni=Fourni(value, oid, f"{at}/INSFourni")
    )
    full = _sent(traits, f"{ns}ListePrenom")
    return IndividuVerifie(value, cle, oid, asked.traits, full), asked


def cles_fausses(matricules: Iterable[Lieu]) -> tuple[tuple[Lieu, str], ...]:
    """Those whose key is wrong, with the right one: what has no key, or no form, is not looked at.
    """
    whole = (each for each in matricules if len(each.value) == 15
             and is_well_formed(each.value[:13]))
    return tuple((each, key) for each in whole if (key := key_of(each.value[:13])) !=
                 each.value[13:])


def _demande(
    element: etree._Element | None, ns: str, at: Mapping[str, str], unknown: tuple[Lieu, ...] = ()
) -> Demande:
    children = element if element is not None else ()
    said = [(str(each.tag), _text(each)) for each in children]
    texts = dict(reversed(said))  # of each name, the first
    prenoms = tuple([text for tag, text in said if text and tag == f"{ns}Prenom"])
    return Demande(
        Traits(
            texts.get(f"{ns}NomNaissance", ""), prenoms, texts.get(f"{ns}Sexe", ""),
            texts.get(f"{ns}DateNaissance", ""), texts.get(f"{ns}LieuNaissance", ""),
        ),
        at=at,
        prenoms_at=tuple([f"{at['prenoms']}[{rank}]" for rank in range(1, len(prenoms) + 1)]),
        matricules_inconnus=unknown,
    )


def _sent(parent: etree._Element | None, tag: str) -> str:
    element = parent.find(tag) if parent is not None else None
    return _text(element) if element is not None else ""


def _text(element: etree._Element) -> str:
    text = element.text or ""
    return text if text.strip() else ""
