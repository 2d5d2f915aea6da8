"""Which sentence of a context a sentence is about, and what stands in a word's place there."""

from otel_cert.measures.accuracy.rules.align import Alignment, Context, place
from otel_cert.measures.accuracy.words import parse, words_of


def test_the_sentence_that_shares_the_rarest_words_comes_first():
    context = Context([parse("The dog barked. The dog slept.", "en"), parse("The old ferry sank. The dog ran.", "en")])
    (matched,) = Alignment(parse("The dog saw the ferry that sank.", "en"), context).matched
    assert [
        (one.chunk, context.chunks[one.chunk].text[one.sentence.start : one.sentence.end]) for one in matched.best
    ] == [
        (1, "The old ferry sank."),
        (0, "The dog barked."),
    ]


def test_share_is_the_weight_that_both_have():
    # One sentence: each of the four stems weighs log(2); it has two of them.
    context = Context([parse("A dog barked.", "en")])
    assert context.best(words_of("The dog barked at postmen yesterday", "en"))[0].share == 0.5


def test_nothing_in_common_is_no_alignment():
    context = Context([parse("A dog barked.", "en")])
    assert context.best(words_of("Ships sink", "en")) == []
    assert Context([]).best(words_of("Ships sink", "en")) == []
    assert context.best([]) == []


def test_place():
    here, there = (
        words_of("He opened a depot in Leeds last year", "en"),
        words_of("They opened a depot in New York last year", "en"),
    )
    found = place(here, 5, 6, there)
    assert found is not None
    assert [word.text for word in there[found.first : found.last]] == ["New", "York"]
    assert place(here, 5, 6, words_of("Nothing of it", "en")) is None
