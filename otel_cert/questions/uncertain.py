"""Asks for the answers that their model was least sure of."""

from __future__ import annotations

from otel_cert.questions.entropy import SOURCE
from otel_cert.questions.question import WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, INT, TEXT, Column

UNCERTAIN = Question(
    "uncertain",
    "Least certain answers",
    "By mean surprisal, greatest first. Least certain is not wrong: it is where looking pays first.",
    columns=(
        Column("trace_id", TEXT, "Trace of the call."),
        Column("span_id", TEXT, "Span of the call."),
        Column("choice", INT, "Which of its answers, from 0."),
        Column("start_unix_ns", BIGINT, "Start of the call.", "ns since 1970"),
        Column("service_name", TEXT, "Service."),
        Column("model", TEXT, "Model asked for, else model that answered."),
        Column("scoring_model", TEXT, "Model whose probabilities these are; NULL = the one that answered."),
        Column("n_tokens", INT, "Tokens.", "tokens"),
        Column("n_known", INT, "Of these, with a known probability.", "tokens"),
        Column("mean_nll", DOUBLE, "Mean surprisal.", "nats"),
        Column("perplexity", DOUBLE, "exp(mean_nll)."),
        Column("share_below", DOUBLE, "Share of its tokens below the probability that is counted.", "fraction"),
        Column("worst_surprisal", DOUBLE, "Greatest surprisal of a token.", "nats"),
        Column("worst_text", TEXT, "That token.", sensitive=True),
        Column("window_mean", DOUBLE, "Greatest mean surprisal of a window.", "nats"),
        Column("window_text", TEXT, "That window.", sensitive=True),
    ),
    params=(*WINDOW, Param("most", "How many answers.", 5), SOURCE),
)
