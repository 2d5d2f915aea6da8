# ruff: noqa: RUF001 - letters of other scripts that look like Latin ones
"""The language of texts: ours by name, every other as undetermined, always the same."""

import pytest

from otel_cert.measures.accuracy.language import language_of


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The bakery opens at seven and sells bread to the whole street."),
        ("de", "Die Bäckerei öffnet um sieben und verkauft Brot an die ganze Straße."),
        ("es", "La panadería abre a las siete y vende pan a toda la calle."),
        ("fr", "La boulangerie ouvre à sept heures et vend du pain à toute la rue."),
        ("und", "Il panificio apre alle sette e vende il pane a tutta la via."),
        ("und", "A padaria abre às sete e vende pão para toda a rua, mas não aos domingos."),
        ("und", "De bakkerij gaat om zeven uur open en verkoopt brood aan de hele straat."),
        ("und", "Fırın yedide açılır ve bütün sokağa ekmek satar."),
        ("und", "Brutăria se deschide la șapte și vinde pâine pe toată strada."),
        ("und", "Пекарня открывается в семь и продаёт хлеб всей улице."),
        ("und", "Ο φούρνος ανοίγει στις επτά και πουλάει ψωμί."),
        ("und", "面包店七点开门，卖面包给整条街。"),
        ("und", "パン屋は七時に開きます。"),
        ("und", "يفتح المخبز في السابعة ويبيع الخبز."),
        ("und", "ร้านเบเกอรี่เปิดเจ็ดโมง"),
        ("und", ""),
        ("und", "12.5 %"),
        ("und", "🥐🥖"),
        ("und", "\udcff\x00"),
        ("en", "Berlin"),
        ("en", "WHO"),
        # Languages share their small words: what the others end in decides.
        ("es", "La caja contiene 0,75 litros de aceite."),
        ("es", "Se vendieron 1500 entradas."),
        ("es", "La zanja mide 25 m de largo y 2 m de fondo."),
        ("fr", "Lucas Rival a perdu le marathon de Brest."),
        ("fr", "L'usine emploie dix mille personnes."),
        ("de", "Anleger erhalten 12 Euro je Aktie."),
        ("fr", "La bouteille contient 0,75 litre de sirop."),
    ],
)
def test_language_of_a_text(language, text):
    assert language_of(text) == language


def test_a_short_answer_has_the_language_of_its_context():
    assert language_of("Köln", "Die Firma sitzt in Köln und hat dort ein Lager.") == "de"
    assert language_of("Lima", "La empresa tiene su sede en Lima y un almacén en Cusco.") == "es"


def test_a_long_text_is_not_read_whole():
    german = "Der Zug fährt nicht, weil der Fahrer krank ist. " * 60
    assert language_of(german + "The train does not run. " * 100_000) == "de"


def test_a_letter_by_itself_makes_no_text_french():
    assert language_of("Grade C means trouble", "drive d full") == "en"
