"""LlamaIndex query engines as applications use them; knows nothing of otel-cert."""

import os

from cases import case, main
from llama_index.core import Document, VectorStoreIndex
from llama_index.core.base.llms.types import ChatMessage
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

URL = f"{os.environ['PROVIDERS']}/v1"
PASSAGES = ("Oslo is the capital of Norway; it lies on a fjord.", "Bergen has much rain.")

llm = OpenAI(model="gpt-4o-mini", api_base=URL, max_retries=0, temperature=0.25)
embedding = OpenAIEmbedding(model="text-embedding-3-small", api_base=URL)
index = VectorStoreIndex.from_documents(
    [Document(text=text, id_=f"d{i}") for i, text in enumerate(PASSAGES)], embed_model=embedding
)


@case
def query():
    response = index.as_query_engine(llm=llm, similarity_top_k=2).query("What is Oslo?")
    return [str(response), sorted(node.text for node in response.source_nodes)]


@case
def streamed_query():
    response = index.as_query_engine(llm=llm, streaming=True, similarity_top_k=1).query("What is Oslo?")
    return "".join(response.response_gen)


@case
async def asynchronous_query():
    return str(await index.as_query_engine(llm=llm, similarity_top_k=1).aquery("What is Oslo?"))


@case
def chat():
    return llm.chat([ChatMessage(role="user", content="What is Oslo?")]).message.content


@case
def refused():
    return llm.chat([ChatMessage(role="user", content="status 429")])


main()
