"""What LangChain's instrumentation leaves out: the text of what was retrieved, where content is recorded."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from wrapt import wrap_function_wrapper

from otel_cert.instrument.content import Content, captured
from otel_cert.instrument.messages import documents, to_json
from otel_cert.instrument.spans import before_end

_HANDLER = "opentelemetry.instrumentation.genai.langchain.callback_handler"

_logger = logging.getLogger("otel_cert.instrument")


def install() -> None:
    """Have the instrumentation record documents with their text from now on."""
    wrap_function_wrapper(_HANDLER, "OpenTelemetryLangChainCallbackHandler.on_retriever_end", _on_retriever_end)


def _on_retriever_end(wrapped: Callable[..., Any], handler: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    try:
        invocation = handler._invocation_manager.get_invocation(run_id=kwargs["run_id"])
        if invocation is not None and Content.SPAN in captured():
            found = to_json(documents(args[0], text=True))
            before_end(invocation.span, lambda span: span.set_attribute("gen_ai.retrieval.documents", found))
    except Exception:
        _logger.debug("what was retrieved is not recorded", exc_info=True)
    return wrapped(*args, **kwargs)
