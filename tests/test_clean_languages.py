"""Page furniture in other languages than Indonesian, Malay and English."""

from __future__ import annotations

from importlib import resources

import pytest
import yaml

from transforms.clean import clean
from transforms.furniture import KINDS, furniture_kind
from transforms.models import Hints, TextView
from transforms.rules import load_rules

PAGES = {
    "spanish": (
        "El puerto cerró el lunes por el temporal y los pescadores amarraron sus barcos en la dársena vieja.",
        "Lea también: Los pescadores piden un muelle nuevo",
        "«No recordamos un viento así», dijo la patrona mayor, que lleva cuarenta años saliendo a faenar.",
        "Compartir en Facebook\nSuscríbete a nuestro boletín\nDeja una respuesta",
    ),
    "portuguese": (
        "O porto fechou na segunda-feira por causa da tempestade e os pescadores recolheram os barcos à doca.",
        "Continua depois da publicidade",
        "A mestra mais velha, que sai ao mar há quarenta anos, disse não se lembrar de um vento tão forte.",
        "Leia também\nCompartilhe\nDeixe um comentário",
    ),
    "french": (
        "Le port a fermé lundi à cause de la tempête et les pêcheurs ont amarré leurs bateaux dans le vieux bassin.",
        "À lire aussi : Les pêcheurs demandent un nouveau quai",
        "La patronne, qui sort en mer depuis quarante ans, dit ne pas se souvenir d'un vent aussi fort.",
        "Partager sur Facebook\nLaisser un commentaire\nTous droits réservés",
    ),
    "german": (
        "Der Hafen wurde am Montag wegen des Sturms geschlossen, und die Fischer legten im alten Becken an.",
        "Anzeige",
        "Die älteste Schifferin fährt seit vierzig Jahren hinaus und erinnert sich an keinen so starken Wind.",
        "Artikel teilen\nNewsletter abonnieren\nSchreiben Sie einen Kommentar",
    ),
    "javanese": (
        "Pelabuhan ditutup dina Senen amarga angin gedhe, lan para nelayan naleni prauné ing dermaga lawas.",
        "Waca uga: Nelayan Njaluk Dermaga Anyar",
        "Juragan sing wis patang puluh taun miyang kandha yen durung tau weruh angin semono gedhene.",
        "Bagikan\nDening: Panji Wiratama",
    ),
}


@pytest.mark.parametrize("language", PAGES)
def test_links_labels_and_forms_go_and_the_article_stays(language: str) -> None:
    text = "\n".join(PAGES[language])
    body = [part for part in PAGES[language] if len(part) > 80 and "\n" not in part]
    assert clean(TextView(text=text, decoded=text), Hints(), load_rules()).text.split() == " ".join(body).split()


def test_words_of_furniture_inside_a_sentence_say_nothing() -> None:
    text = "\n".join(
        (
            "La alcaldesa pidió a los vecinos compartir en familia la noticia de que el puerto vuelve a abrir mañana.",
            "Publicidad engañosa fue la acusación que la patrona mayor lanzó contra la empresa de los barcos nuevos.",
            "Lees ook de brieven die de vissers aan hun dochters schreven, zei de burgemeester tegen de kinderen.",
        )
    )
    assert clean(TextView(text=text, decoded=text), Hints(), load_rules()).text.split() == text.split()


def test_every_stock_line_is_furniture() -> None:
    path = resources.files("transforms").joinpath("data/furniture_languages.yaml")
    languages = yaml.safe_load(path.read_text("utf-8"))
    assert {kind for stock in languages.values() for kind in stock} <= set(KINDS)
    lines = [line for stock in languages.values() for listed in stock.values() for line in listed]
    assert [line for line in lines if not furniture_kind(line)] == []
