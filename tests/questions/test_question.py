from functools import cache

import pytest

from otel_cert.errors import UsageError
from otel_cert.questions import (
    ACTIVITY,
    AGREED,
    ALL,
    ANSWERS,
    ARRIVAL,
    CHANGES,
    COMPONENTS,
    CONTRIBUTIONS,
    COSTS,
    COUNTERS,
    DRAWN,
    DRIFT,
    DUPLICATES,
    EVALUATIONS,
    EXTENT,
    FINISH,
    GAPS,
    HOSTS,
    JUDGED,
    LANGUAGES,
    MISSING,
    PARAMETERS,
    PROFILE,
    QUALITY,
    RATES,
    REACHED,
    RESOURCES,
    RETRIES,
    SAVINGS,
    SEMANTIC_ENTROPY,
    SIGNALS,
    SUPPORT,
    TOKENS,
    UNCERTAIN,
    UNSUPPORTED,
    Question,
    ask,
)
from otel_cert.schema import sql_type
from tests.calls import START_NS, call, connect

OF_SOME_CALLS = (
    ANSWERS, CONTRIBUTIONS, EVALUATIONS, DUPLICATES, EXTENT, QUALITY, SEMANTIC_ENTROPY, SUPPORT, TOKENS, UNCERTAIN,
    UNSUPPORTED, *SAVINGS, AGREED, ARRIVAL, CHANGES, COMPONENTS, COUNTERS, DRAWN, DRIFT, FINISH, GAPS, HOSTS, JUDGED,
    LANGUAGES, MISSING,
    PARAMETERS, PROFILE, RATES, REACHED, RESOURCES, RETRIES, SIGNALS,
)  # fmt: skip
"""They do not count the calls of the window."""
nothing = cache(connect)
"""The connection to an empty store, made once."""


@cache
def two_with(**fields: int):
    return connect([call(1, **fields), call(2, **fields)])


@cache
def one_at(start_ns: int):
    return connect([call(1) | {"start_unix_ns": start_ns}])


every_question = pytest.mark.parametrize("question", ALL, ids=lambda q: q.name)


@every_question
def test_a_question_answers_with_the_columns_and_types_it_declares(question: Question):
    described = nothing().execute(f"DESCRIBE {question.sql}", question.bind({})).fetchall()
    assert [row[:2] for row in described] == [(c.name, sql_type(c.type)) for c in question.columns]


@every_question
def test_an_answer_over_nothing_has_no_invented_figure(question: Question):
    answer = ask(nothing(), question)
    assert answer.n == 0
    assert all(value in (0, None) for row in answer.rows for value in row)


@pytest.mark.parametrize("question", [q for q in ALL if q not in OF_SOME_CALLS], ids=lambda q: q.name)
def test_the_window_includes_its_start_and_excludes_its_end(question: Question):
    con = connect([call(1, at_s=0), call(2, at_s=1, error_type="x"), call(3, at_s=2)])
    answer = ask(con, question, since_ns=START_NS + 10**9, until_ns=START_NS + 2 * 10**9)
    assert answer.n == 1
    assert {row["calls"] for row in answer.dicts()} == {1}


@pytest.mark.parametrize("start_ns", [-(2**63), 0, 2**63 - 1])
@every_question
def test_calls_at_the_ends_of_time_are_counted(question: Question, start_ns: int):
    assert ask(one_at(start_ns), question).n == 1


@every_question
def test_sums_beyond_an_integer_are_no_error(question: Question):
    most = dict.fromkeys(("input_tokens_total", "cache_read_tokens", "output_tokens_total"), 2**63 - 1)
    assert ask(two_with(**most), question).n == 2


def test_the_evidence_id_changes_with_parameters_store_and_snapshot_only():
    def identifier(snapshot: int = 1, store_id: str = "a", **params: object) -> str:
        return ask(connect(snapshot=snapshot, store_id=store_id), COSTS, **params).evidence_id

    assert identifier() == identifier(by="model")
    assert len({identifier(), identifier(by="day"), identifier(since_ns=1), identifier(until_ns=1)}) == 4
    assert len({identifier(), identifier(2), identifier(store_id="b")}) == 3
    assert len(identifier()) == 12


def test_a_wrong_parameter_is_refused_with_what_is_valid():
    with pytest.raises(UsageError, match="since_ns, until_ns"):
        ask(connect(), ACTIVITY, by="model")
    with pytest.raises(UsageError, match="model, provider, service, user"):
        ask(connect(), COSTS, by="continent")
    with pytest.raises(UsageError, match="not float"):
        ask(connect(), ACTIVITY, since_ns=1.5)
