from otel_cert.questions import EVALUATIONS, ask
from tests.calls import START_NS, call, connect, evaluation


def test_scores_and_labels_per_evaluation():
    calls = [call(n, at_s=n) for n in range(4)]
    given = [
        evaluation(0, "relevance", score_value=0.5, score_label="pass"),
        evaluation(1, "relevance", score_value=1.0, score_label="pass"),
        evaluation(2, "relevance", error_type="timeout"),
        evaluation(3, "relevance", score_value=0.0, score_label="fail"),
        evaluation(0, "support", score_value=0.25),
        evaluation(9, "support", score_value=1.0),  # of no call
    ]
    rows = list(ask(connect(calls, (), given), EVALUATIONS, until_ns=START_NS + 3 * 10**9).dicts())
    assert rows == [
        {
            "evaluation_name": "relevance", "evaluator": "judge", "evaluations": 3, "scored": 2, "mean_score": 0.75,
            "labels": {"pass": 2}, "errors": 1,
        },
        {
            "evaluation_name": "support", "evaluator": "judge", "evaluations": 1, "scored": 1, "mean_score": 0.25,
            "labels": {}, "errors": 0,
        },
    ]  # fmt: skip
