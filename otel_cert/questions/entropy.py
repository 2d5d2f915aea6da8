"""Asks how sure the models were of their tokens, and for which calls that is known."""

from __future__ import annotations

from otel_cert.questions.question import COUNTS, WINDOW, Param, Question
from otel_cert.schema import BIGINT, DOUBLE, TEXT, Column

GROUPS = ("total", "model", "service", "day")
RECORDED, UNDER_A_MODEL = "recorded", "lm"
"""Sources: what providers said, and what a language model of the user says of the same answers."""
SOURCE = Param("source", "Whose probabilities, as in `token_entropy`; never several together.", RECORDED)

ENTROPY = Question(
    "entropy",
    "Token entropy",
    "Means are of all known tokens of the group, whatever answer they are of. The interval of the mean is normal at 95 %,"
    " by the variance of a ratio over users, else conversations, else traces (Taylor; Cochran 1977, Sampling Techniques,"
    " 6.3). Tokens recorded as unlikely without a number have no part in them: with many of these the means are too low."
    " Models with other vocabularies are not comparable by it. Figures of a scoring model say how expected the words are to"
    " that model, not how sure the model was that answered.",
    columns=(
        Column("key", TEXT, "The group (NULL: unknown, or the total)."),
        Column("scoring_model", TEXT, "Model whose probabilities these are; NULL = the models that answered."),
        Column("day_unix_ns", BIGINT, "With a trend: start of the UTC day; NULL = start unknown.", "ns since 1970"),
        Column("calls", BIGINT, "Calls of any kind."),
        Column("measured", BIGINT, "Of these, with figures."),
        Column("unavailable", COUNTS, "The others by reason; not_computed: the processor has not seen them."),
        Column("units", BIGINT, "Users, else conversations, else traces, that the measured calls are of."),
        Column("tokens", BIGINT, "Tokens with a known probability: the n of the means.", "tokens"),
        Column("unlikely", BIGINT, "Tokens recorded as unlikely without a number.", "tokens"),
        Column("unreadable", BIGINT, "Tokens without a number or with an impossible one.", "tokens"),
        Column("mean_nll", DOUBLE, "Mean surprisal.", "nats"),
        Column("mean_nll_low", DOUBLE, "Lower bound of its 95 % interval; NULL for a single unit.", "nats"),
        Column("mean_nll_high", DOUBLE, "Upper bound of its 95 % interval; NULL for a single unit.", "nats"),
        Column("perplexity", DOUBLE, "exp(mean_nll)."),
        Column("call_p50", DOUBLE, "Median of the calls' own mean surprisals.", "nats"),
        Column("call_p95", DOUBLE, "Their 95th percentile.", "nats"),
        Column("share_below", DOUBLE, "Share of the tokens less probable than `below_probability` said.", "fraction"),
        Column("mean_entropy_lower", DOUBLE, "Mean lower bound of the entropy of the tokens that have one.", "nats"),
        Column("mean_entropy_upper", DOUBLE, "Mean upper bound; NULL unless each of them has one.", "nats"),
    ),
    params=(
        *WINDOW,
        Param("by", "What to group by; days are UTC.", "total", GROUPS),
        Param("trend", "`day`: each group day by day.", "none", ("none", "day")),
        SOURCE,
    ),
)
