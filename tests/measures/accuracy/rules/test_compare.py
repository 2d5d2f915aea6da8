"""What an answer's numbers and dates say otherwise than its context."""

from __future__ import annotations

import time

import pytest

from otel_cert.measures.accuracy.rules.compare import date_findings, number_findings
from otel_cert.measures.accuracy.rules.finding import Finding
from otel_cert.measures.accuracy.words import parse

SALES = "number: 450e9 USD, context has 89.5e9 USD"
DOSE = "number: 50 mg, context has 5 mg"
DAY = "date: 2021-03-04, context has 2021-03-14"


def _found(answer: str, *context: str, language: str = "en") -> list[Finding]:
    said, given = parse(answer, language), [parse(chunk, language) for chunk in context]
    return number_findings(said, given) + date_findings(said, given)


@pytest.mark.parametrize(
    ("language", "answer", "context", "span", "message"),
    [
        ("en", "Sales were $450 billion.", "Sales were $89.5B.", "$450 billion", SALES),
        ("de", "Es sind 450 Mrd. $.", "Es sind 89,5 Milliarden Dollar.", "450 Mrd. $", SALES),
        ("es", "Son 450 mil millones de dólares.", "Son 89.500 millones de dólares.", "450 mil millones de dólares", SALES),
        ("fr", "Soit 450 milliards de dollars.", "Soit 89,5 milliards de dollars.", "450 milliards de dollars", SALES),
        ("en", "Take 50 mg daily.", "Take 5 mg daily.", "50 mg", DOSE),
        ("de", "Man nimmt 50 mg täglich.", "Man nimmt 5 mg täglich.", "50 mg", DOSE),
        ("es", "Tome 50 mg al día.", "Tome 5 mg al día.", "50 mg", DOSE),
        ("fr", "Prenez 50 mg par jour.", "Prenez 5 mg par jour.", "50 mg", DOSE),
        ("en", "It opened on 4 March 2021.", "It opened on March 14, 2021.", "4 March 2021", DAY),
        ("de", "Es öffnete am 4. März 2021.", "Es öffnete am 14.03.2021.", "4. März 2021", DAY),
        ("es", "Abrió el 4 de marzo de 2021.", "Abrió el 14/3/2021.", "4 de marzo de 2021", DAY),
        ("fr", "Il a ouvert le 4 mars 2021.", "Il a ouvert le 14 mars 2021.", "4 mars 2021", DAY),
        ("en", "It cost €5bn.", "It cost $5bn.", "€5bn", "number: 5e9 EUR, context has 5e9 USD (another currency)"),
        ("en", "It took 5 hours.", "It took 5 days.", "5 hours", "number: 5 h, context has 5 d"),
        ("en", "Cells with CD6 grew.", "Cells with CD4 grew.", "CD6", "number: cd 6, context has cd 4"),
        ("en", "It was built in 1821.", "It was built in 1812.", "1821", "date: 1821, context has 1812"),
        ("en", "It grew to 12 percent.", "It grew a lot.", "12 percent", "number: 12%, not in the context"),
    ],
)  # fmt: skip
def test_a_changed_figure_is_found(language: str, answer: str, context: str, span: str, message: str) -> None:
    (found,) = _found(answer, context, language=language)
    assert (answer[found.start : found.end], found.message) == (span, message)


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        ("0.5 g", "500 mg"),
        ("about 90 billion dollars", "$89.5bn"),
        ("$90 billion", "$89.5 billion"),
        ("5 km", "3.1 miles"),
        ("3.1 miles", "5 km"),
        ("100 °C", "212 °F"),
        ("half of the votes", "50% of the votes"),
        ("33% of the votes", "a third of the votes"),
        ("twenty-five guests", "25 guests"),
        ("200,000 voters", "2 lakh voters"),
        ("7 mg", "between 5 and 10 mg"),
        ("5-10 mg", "5 mg to 10 mg"),
        ("more than 400 people", "412 people"),
        ("up to 40%", "38%"),
        ("nearly 90 people", "88 people"),
        ("38,000 people", "38,449 people"),
        ("the year 2021", "4 March 2021"),
        ("in 2021", "on 4 March 2021"),
        ("in the 1990s", "in 1994"),
        ("19th century", "in 1850"),
        ("at 3 pm", "at 15:00"),
        ("on 03/04/2021", "on 3 April 2021"),
        ("on 03/04/2021", "on 4 March 2021"),
        ("three weeks", "21 days"),
        ("€89.5 million", "EUR million: 89.5"),
        ("350 °F (177 °C)", "350 °F"),
        ("2000", "two thousand"),
        ("COVID-19", "the virus"),
        ("Step 2 gives three reasons", "the text"),
    ],
)
def test_another_way_to_say_it_is_no_finding(answer: str, context: str) -> None:
    assert _found(f"It says {answer}.", f"It says {context}.") == []


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        ("$89 billion", "$89.5 billion"),
        ("exactly 100 seats", "101 seats"),
        ("2,000 professors", "2,013 professors"),
        ("about 525 projects", "500 projects"),
        ("12 mg", "between 5 and 10 mg"),
        ("more than 4 people", "412 people"),
        ("€304.4 million", "€304.4 billion"),
        ("in 1900", "(1869–1909)"),
        ("-5 °C", "5 °C"),
    ],
)
def test_precision_that_the_context_does_not_bear_out_is_found(answer: str, context: str) -> None:
    assert len(_found(f"It says {answer}.", f"It says {context}.")) == 1


def test_evidence_is_in_the_sentence_most_alike() -> None:
    context = "Paris has 12 bridges. Rome has 14 fountains."
    (found,) = _found("Rome has 13 fountains.", "Nothing here.", context)
    assert (found.chunk, context[found.context_start : found.context_end]) == (1, "14")


def test_a_long_context_takes_time_in_proportion() -> None:
    lines = [f"Line {i} has {i * 7 % 9973} items worth ${i * 13 % 99991}." for i in range(8000)]
    answer = parse("It has 12345678 items worth $450 billion.", "en")
    spent = []
    for part in (lines[:2000], lines):
        context = [parse(" ".join(part), "en")]
        start = time.process_time()
        assert len(number_findings(answer, context)) == 2
        spent.append(time.process_time() - start)
    assert spent[1] < 12 * spent[0]


@pytest.mark.parametrize(
    ("answer", "context"),
    [
        (
            "The text describes two British boxers, Ann Lee and Bo Park, and their fights.",
            "Ann Lee boxes. So does Bo Park.",
        ),
        (
            "The passage describes two people named Ann: one was Queen of Here, and the other a Count.",
            "Ann was Queen of Here. Ann was a Count, 1 of many people.",
        ),
        (
            "The article covers two different films that are both called Home.",
            "Home is a 1995 film. So is a 2005 film.",
        ),
        (
            "There are in all three distinct ways to pay, by card, cash or transfer.",
            "Pay by card, in cash or by transfer.",
        ),
        ("Es gibt hier insgesamt drei verschiedene Wege, und alle sind offen.", "Ein Weg geht links, einer rechts."),
        ("The probe saw a third zone.", "The probe saw zones A, B and C."),
        ("He came in the second half, after half-time.", "He came late."),
        ("About 3,500 people came.", "About 3 , 500 people came ."),
        ("It was 98.7 per cent.", "it was 98 . 7 per cent, he said."),
        ("It was 98.7 per cent.", "it was 98. 7 per cent, he said."),
        ("The fine was $10,000.", "the fine was $ 10, 000, he said."),
        ("She came on May 30th.", "she came on may 30, he said."),
        ("It led the league in the 2007-08 season.", "It led the league in 2007."),
        ("Park scored to make it 4-3.", "Park scored the seventh goal, for four in all."),
        ("It is the 20th anniversary.", "It happened 20 years ago."),
        ("One-fifth of the oil is there.", "20% of the oil is there."),
        ("It is a service of the state [1, 2].", "It is a service of the state."),
        ("Bake at 350 °F (175 °C).", "Bake at 350 °F, then chill to 5 °C."),
    ],
)
def test_what_the_context_says_in_another_way_is_no_finding(answer, context):
    assert _found(answer, context, language="de" if answer.startswith("Es") else "en") == []


@pytest.mark.parametrize(
    ("answer", "context", "span"),
    [
        (
            "In the final round the judges praised four boxers for their speed.",
            "The judges praised five boxers.",
            "four",
        ),
        ("four boxers", "They praised Ann Lee.", "four"),
        ("About 3,600 people came.", "About 3 , 500 people came .", "3,600"),
        ("It won 4-3.", "It won 5-3 at home.", "4"),
        ("A third of them left.", "Half of them left.", "A third"),
    ],
)
def test_what_the_context_says_otherwise_stays_a_finding(answer, context, span):
    found = _found(answer, context)
    assert [answer[one.start : one.end] for one in found] == [span]


def test_a_number_of_the_question_is_known_unless_the_context_has_another_in_its_place():
    asked = parse("How do I open the door of a 2006 Lume in 5 steps?", "en")
    answer = parse("To open the door of a 2006 Lume, pull the handle.", "en")
    assert number_findings(answer, [parse("Pull the handle of the car.", "en")], asked) == []
    assert len(number_findings(answer, [parse("Pull the handle of the car.", "en")])) == 1
    other = [parse("To open the door of a 2009 Lume, pull the handle.", "en")]
    assert [one.message for one in number_findings(answer, other, asked)] == ["number: 2006, context has 2009"]


def test_a_date_of_the_question_is_known_unless_the_context_has_another_in_its_place():
    asked = parse("Who won the cup on 4 March 2021?", "en")
    answer = parse("Lume won the cup on 4 March 2021.", "en")
    assert date_findings(answer, [parse("Lume won the cup.", "en")], asked) == []
    other = [parse("Lume won the cup on 14 March 2021.", "en")]
    assert [one.message for one in date_findings(answer, other, asked)] == [DAY]
