// Usage: node send.cjs grpc|http|proto URL COUNT NAME - exports COUNT spans as an application would, then exits.
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { SpanKind } = require('@opentelemetry/api');

const [transport, url, count, name] = process.argv.slice(2);
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${transport}`);

// Over gRPC the SDK reads these variables itself, over HTTP it does not.
const read = (variable) => process.env[variable] && require('fs').readFileSync(process.env[variable]);
const httpAgentOptions = {
  ca: read('OTEL_EXPORTER_OTLP_CERTIFICATE'),
  cert: read('OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE'),
  key: read('OTEL_EXPORTER_OTLP_CLIENT_KEY'),
};
const exporter = new OTLPTraceExporter({ url, timeoutMillis: 15000, httpAgentOptions });
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'checkout' }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
const tracer = provider.getTracer('shop', '1.2');
for (let n = 0; n < Number(count); n++) {
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT });
  span.setAttributes({ n, 'gen_ai.usage.input_tokens': 12, 'gen_ai.request.temperature': 0.5, 'gen_ai.response.finish_reasons': ['stop'] });
  span.addEvent('first token', { index: 0 });
  span.end();
}
provider.shutdown();
