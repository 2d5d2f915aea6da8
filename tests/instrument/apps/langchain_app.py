"""LangChain chains and agents as applications use them; knows nothing of otel-cert."""

import os

from cases import Gate, case, main
from langchain.agents import create_agent
from langchain_core.documents import Document
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

URL = f"{os.environ['PROVIDERS']}/v1"
PASSAGE = "Oslo is the capital of Norway; it lies on a fjord."

model = ChatOpenAI(model="gpt-4o-mini", base_url=URL, max_retries=0, temperature=0.25)
prompt = ChatPromptTemplate.from_messages([("system", "Use only this: {context}"), ("user", "{question}")])


class Passages(BaseRetriever):
    """Finds one passage, whatever is asked."""

    def _get_relevant_documents(self, query, *, run_manager):  # noqa: ARG002 - one passage for all
        return [Document(page_content=PASSAGE, metadata={"source": "geography"}, id="p1")]


@tool
def get_weather(city: str) -> str:
    """The weather in a city."""
    return f"4 degrees in {city}"


def told(message):
    """A message without what differs from run to run."""
    return [message.type, message.content, [call["name"] for call in getattr(message, "tool_calls", ())]]


@case
def chat():
    message = model.invoke("What is Oslo?")
    return [message.content, message.usage_metadata, message.response_metadata["model_name"]]


@case
def chain():
    return (prompt | model | StrOutputParser()).invoke({"context": PASSAGE, "question": "What is Oslo?"})


@case
def retrieval_chain():
    found = {"context": Passages() | (lambda ds: ds[0].page_content), "question": RunnablePassthrough()}
    return (found | prompt | model | StrOutputParser()).invoke("What is Oslo?")


@case
def stream():
    gate, text = Gate(), ""
    for chunk in model.stream(gate.question, stream_usage=True):
        gate.passed()
        text += chunk.content
    return [text, gate.in_time()]


@case
async def asynchronous_chat():
    return (await model.ainvoke("What is Oslo?")).content


@case
def logprobs():
    message = model.bind(logprobs=True, top_logprobs=2).invoke("What is Oslo?")
    return message.response_metadata["logprobs"]


@case
def agent():
    state = create_agent(model, [get_weather], system_prompt="Be brief.").invoke(
        {"messages": [{"role": "user", "content": "How is the weather in Oslo?"}]}
    )
    return [told(message) for message in state["messages"]]


@case
def refused():
    return model.invoke("status 429")


main()
