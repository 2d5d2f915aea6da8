"""LlamaIndex, recorded: a query engine over an index in memory.

pip install 'otel-cert[llamaindex]' llama-index-llms-openai llama-index-embeddings-openai
otel-cert serve &
export OPENAI_API_KEY=... OTEL_SERVICE_NAME=geography
export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no prompts, answers and passages
python examples/recorded_llamaindex.py
"""

import otel_cert.auto  # noqa: F401 - before the library is imported

# isort: split
from llama_index.core import Document, VectorStoreIndex
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.llms.openai import OpenAI

PASSAGES = ("Oslo is the capital of Norway; it lies on a fjord.", "Bergen has much rain.")

if __name__ == "__main__":
    documents = [Document(text=text) for text in PASSAGES]
    index = VectorStoreIndex.from_documents(documents, embed_model=OpenAIEmbedding(model="text-embedding-3-small"))
    print(index.as_query_engine(llm=OpenAI(model="gpt-4o-mini"), similarity_top_k=1).query("What is Oslo?"))
