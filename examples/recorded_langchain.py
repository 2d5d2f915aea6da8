"""LangChain, recorded: a chain that retrieves, and an agent with a tool.

pip install 'otel-cert[langchain]' langchain-openai
otel-cert serve &
export OPENAI_API_KEY=... OTEL_SERVICE_NAME=geography
export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no prompts, answers and passages
python examples/recorded_langchain.py
"""

import otel_cert.auto  # noqa: F401 - before the library is imported

# isort: split
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI


class Passages(BaseRetriever):
    """Finds one passage, whatever is asked."""

    def _get_relevant_documents(self, query, *, run_manager):  # noqa: ARG002 - one passage for all
        return [Document(id="geo-1", page_content="Oslo is the capital of Norway; it lies on a fjord.")]


@tool
def get_weather(city: str) -> str:
    """Tell the weather in a city."""
    return f"4 degrees and snow in {city}"


if __name__ == "__main__":
    model = ChatOpenAI(model="gpt-4o-mini")
    prompt = ChatPromptTemplate.from_messages([("system", "Use only this: {context}"), ("user", "{question}")])
    found = {"context": Passages() | (lambda passages: passages[0].page_content), "question": RunnablePassthrough()}
    print((found | prompt | model | StrOutputParser()).invoke("What is Oslo?"))
    state = create_agent(model, [get_weather]).invoke({"messages": [("user", "How is the weather in Oslo?")]})
    print(state["messages"][-1].content)
