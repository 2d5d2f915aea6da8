"""Names: flagged where the context has another or none, and not where it only writes them otherwise."""

import pytest

from otel_cert.measures.accuracy.rules import findings

SWAPPED = [
    (
        "en",
        "The firm opened a depot in Leeds last year.",
        "The firm opened a depot in Cardiff last year.",
        "Leeds",
        "Cardiff",
    ),
    (
        "en",
        "Angela Smith opened the fair.",
        "Chancellor Angela Miller opened the fair.",
        "Angela Smith",
        "Angela Miller",
    ),
    ("en", "Norvik posted a profit of 3 million.", "Halden reported a profit of 3 million.", "Norvik", "Halden"),
    ("en", "The IMF lent the money to Kenya.", "The ECB lent the money to Kenya.", "IMF", "ECB"),
    (
        "en",
        "Norvik's Harbour Salad has 46 g of fat.",
        "Halden's Harbour Salad has 46 g of fat.",
        "Norvik's Harbour Salad",
        "Halden's Harbour Salad",
    ),
    (
        "en",
        "The writer J.K. Olsen went to ask every driver.",
        "The writer Karin Miller went to ask every driver.",
        "J.K. Olsen",
        "Karin Miller",
    ),
    ("de", "Der Vertrag wurde in Lyon unterzeichnet.", "Der Vertrag wurde in Paris unterzeichnet.", "Lyon", "Paris"),
    ("de", "Die Zentrale der Firma liegt in Bremen.", "Der Hauptsitz der Firma liegt in Rostock.", "Bremen", "Rostock"),
    ("de", "Bosch kaufte den Hersteller.", "Siemens kaufte den Hersteller.", "Bosch", "Siemens"),
    (
        "es",
        "El contrato se firmó en Sevilla con la empresa.",
        "El contrato se firmó en Madrid con la empresa.",
        "Sevilla",
        "Madrid",
    ),
    ("es", "El ministro viajó a Lima.", "El ministro viajó a Quito.", "Lima", "Quito"),
    ("fr", "Le contrat a été signé à Lyon.", "Le contrat a été signé à Nantes.", "Lyon", "Nantes"),
    ("fr", "L'entreprise Durand a acheté le site.", "L'entreprise Martin a acheté le site.", "Durand", "Martin"),
    ("und", "Москва столица России.", "Москва столица Франции.", "России", "Франции"),
]


@pytest.mark.parametrize(("language", "answer", "context", "name", "instead"), SWAPPED)
def test_a_swapped_name_is_found_with_what_the_context_has(language, answer, context, name, instead):
    (found,) = findings(answer, ["Something else.", context], language)
    assert (found.kind, answer[found.start : found.end]) == ("entity", name)
    assert found.chunk == 1
    assert context[found.context_start : found.context_end] == instead
    assert found.message == f"entity: {name}, context has {instead}"


@pytest.mark.parametrize(("language", "answer", "context", "name", "instead"), SWAPPED)
def test_the_same_name_is_not_found(language, answer, context, name, instead):
    assert findings(context, [context], language) == []
    assert findings(answer.replace(name, instead), [context], language) == []


def test_a_name_of_another_sentence_in_the_wrong_place_is_found():
    context = "Leeds has a canal. The firm opened a depot in Cardiff last year."
    answer = "The firm opened a depot in Leeds last year."
    (found,) = findings(answer, [context])
    assert found.message == "entity: Leeds, context has Cardiff"


@pytest.mark.parametrize(
    ("language", "answer", "context"),
    [
        ("en", "The WHO warned of the fever.", "The World Health Organization warned of the fever."),
        ("en", "The World Health Organization warned of it.", "The WHO warned of it."),
        ("en", "Angela Miller opened the fair.", "Miller opened the fair."),
        ("en", "Miller opened the fair.", "Chancellor Angela Miller opened the fair."),
        ("en", "Exports of France rose.", "French exports rose."),
        ("en", "Italian exports rose.", "Italy's exports rose."),
        ("en", "Beyonce sang in Sao Paulo.", "Beyoncé sang in São Paulo."),
        ("en", "It was built by Ludwig van Dorn.", "Van Dorn built it."),
        ("en", "The hotel is in Reykjavk.", "The hotel is in Reykjavik."),
        ("en", "She works for You Tube.", "She works for YouTube."),
        ("en", "Boil the rice. Drain it.", "Put the rice into boiling water, then pour the water off."),
        ("en", "On Monday in March he paid 5 EUR by TV.", "He paid five euros."),
        ("en", "The Weighted Mean Price (WMP) is used. WMP is common.", "The weighted mean price is common and used."),
        ("de", "Müllers Firma sitzt in Köln.", "Die Firma von Müller sitzt in Köln."),
        ("de", "Das Auto fuhr schnell nach Hause.", "Der Wagen fuhr schnell nach Hause."),
        ("de", "Deutsche Firmen verkauften mehr.", "Firmen aus Deutschland verkauften mehr."),
        ("es", "Las empresas francesas crecieron.", "Las empresas de Francia crecieron."),
        ("fr", "Les exportations espagnoles montent.", "Les exportations de l'Espagne montent."),
    ],
)
def test_a_name_written_otherwise_is_not_found(language, answer, context):
    assert [found for found in findings(answer, [context], language) if found.kind == "entity"] == []


def test_a_name_without_a_counterpart_says_that_there_is_none():
    (found,) = findings("It was signed by Karin Olsen.", ["It was signed on the ship, and then everybody went home."])
    assert found.message == "entity: Karin Olsen, not in the context"
    assert (found.chunk, found.context_start, found.context_end) == (None, None, None)
    assert found.feature == "added"


def test_a_contradiction_counts_for_its_kind():
    (found,) = findings(
        "The firm opened a depot in Leeds last year.", ["The firm opened a depot in Cardiff last year."]
    )
    assert (found.kind, found.feature) == ("entity", "entity")
    (found,) = findings("It cost 40 EUR.", ["It cost much."])
    assert (found.kind, found.feature, found.chunk) == ("number", "number", None)


@pytest.mark.parametrize(
    ("language", "answer", "context", "name", "instead"),
    [
        ("en", "Apex sued Borealis over patents.", "Borealis sued Apex over patents.", "Apex", "Borealis"),
        (
            "de",
            "Siemens verklagte Bosch wegen eines Patents.",
            "Bosch verklagte Siemens wegen eines Patents.",
            "Siemens",
            "Bosch",
        ),
        ("es", "Repsol demandó a Iberdrola.", "Iberdrola demandó a Repsol.", "Repsol", "Iberdrola"),
        ("fr", "Renault poursuit Peugeot en justice.", "Peugeot poursuit Renault en justice.", "Renault", "Peugeot"),
    ],
)
def test_exchanged_names_are_found(language, answer, context, name, instead):
    (found,) = findings(answer, [context], language)
    assert answer[found.start : found.end] == name
    assert found.message == f"entity: {name}, context has {instead} in its place"


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        ("Apex sued Borealis.", "Borealis was sued by Apex."),
        ("Anna married Boris.", "Boris married Anna."),
        ("Apex and Borealis merged.", "Borealis and Apex merged."),
    ],
)
def test_passives_and_symmetric_verbs_exchange_nothing(answer, context):
    assert findings(answer, [context], "en") == []


def test_a_subject_of_the_same_words_is_found_in_a_sentence_that_another_clause_opens():
    answer = "Alvarez expressed deep remorse for all of it."
    context = "Alvarez was fined in May. Before the end of her trial, Keller expressed deep remorse for all of it."
    (found,) = findings(answer, [context], "en")
    assert (answer[found.start : found.end], found.message) == ("Alvarez", "entity: Alvarez, context has Keller")


def test_a_name_of_the_question_is_known_unless_another_stands_in_its_place():
    question, answer = "Where can I swim in Lumeria?", "You can swim in the lakes of Lumeria."
    context = "You can swim in most lakes. Bring a towel."
    assert [one.kind for one in findings(answer, [context], "en")] == ["entity"]
    assert findings(answer, [context], "en", question) == []
    other = "You can swim in the lakes of Toravia."
    assert [one.message for one in findings(answer, [other], "en", question)] == [
        "entity: Lumeria, context has Toravia"
    ]


@pytest.mark.parametrize(
    ("answer", "context", "words"),
    [
        ("It was held in Kyoto, Japan, in spring.", "It was held in Kyoto in spring.", []),
        ("It was held in Kyoto, China, in spring.", "It was held in Kyoto, Japan, in spring.", ["China"]),
        ("Mr Doe met Anna, Peter, Sonja and Maria in Rome.", "Mr Doe met Anna, Peter and Maria in Rome.", ["Sonja"]),
        ("Mr Doe met Anna, Sonja and Maria in Rome.", "Mr Doe met Anna and Maria in Rome.", ["Sonja"]),
        ("Mr Doe met Anna, Maria, Sonja in Rome.", "Mr Doe met Anna and Maria in Rome.", ["Sonja"]),
    ],
    ids=["where it is", "where it is not", "a list", "the middle of a list", "a list without and"],
)
def test_a_name_that_says_more_of_another_is_not_one_more(answer, context, words):
    assert [answer[one.start : one.end] for one in findings(answer, [context], language="en")] == words
