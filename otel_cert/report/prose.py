"""The fixed sentences of the monitoring report: how its figures were made, and what they do not say."""

from __future__ import annotations

METHOD = (
    "Calls. A call is one request to a model provider as the application's instrumentation recorded it, failed"
    " requests included. Several records of one provider call are counted once. A call belongs to the window in which"
    " it started; the window includes its first instant and not its last.",
    "Tokens. As the provider reported them to the application. Sums cover the calls that report a number; the n"
    " beside each sum says how many those are.",
    "Cost. Tokens multiplied by a dated price list, not an invoice: discounts, taxes, minimum charges and credits are"
    " not known to it. Calls without a price or without tokens are left out of the sums and counted as unpriced."
    " Amounts in different currencies are never added.",
    "Latency. The time between start and end of the call as the application's clock recorded it; network and client"
    " time are included. Percentiles are of successful calls only, interpolated between the two nearest. With n below"
    " 100, p99 is close to the slowest call and says little more.",
    "Errors. A call failed when its record says so. The error rate is failed calls divided by calls, with the Wilson score"
    " interval at 95 % for as many independent calls as these users, else conversations, else traces, are worth; bursts of"
    " failures over several of them make the true uncertainty larger.",
)

NOT_MEASURED = (
    "Not measured: whether answers were correct, complete, fair or safe; harm to persons; what users did with the"
    " answers; calls that were not instrumented, that a sampler dropped, or that were never sent to this store. Time"
    " to first token is a proxy for how soon a user sees text, and tokens are a proxy for the length of texts."
)
