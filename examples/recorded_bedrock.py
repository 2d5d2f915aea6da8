"""Bedrock through boto3, recorded: Converse, and InvokeModel for a Llama model.

pip install 'otel-cert[bedrock]'
otel-cert serve &
export AWS_DEFAULT_REGION=us-east-1 OTEL_SERVICE_NAME=geography        # and the credentials that boto3 finds
export OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY   # without it, no prompts and answers
python examples/recorded_bedrock.py
"""

import json

import otel_cert.auto  # noqa: F401 - before the client is imported

# isort: split
import boto3

if __name__ == "__main__":
    client = boto3.client("bedrock-runtime")
    answer = client.converse(
        modelId="us.anthropic.claude-sonnet-4-5-20250929-v1:0",
        messages=[{"role": "user", "content": [{"text": "What is Oslo?"}]}],
        inferenceConfig={"maxTokens": 200},
    )
    print(answer["output"]["message"]["content"][0]["text"])
    body = json.dumps({"prompt": "What is Oslo?", "max_gen_len": 200})
    response = client.invoke_model(modelId="meta.llama3-1-8b-instruct-v1:0", body=body)
    print(json.loads(response["body"].read())["generation"])
