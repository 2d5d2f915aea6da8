// Usage: node send.cjs grpc|http|proto URL COUNT - exports COUNT spans as an application would, then exits.
const { NodeTracerProvider, BatchSpanProcessor } = require('@opentelemetry/sdk-trace-node');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { SpanKind } = require('@opentelemetry/api');

const [transport, url, count] = process.argv.slice(2);
const { OTLPTraceExporter } = require(`@opentelemetry/exporter-trace-otlp-${transport}`);

const exporter = new OTLPTraceExporter({ url, timeoutMillis: 15000 });
const provider = new NodeTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'checkout' }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
const tracer = provider.getTracer('shop', '1.2');
for (let n = 0; n < Number(count); n++) {
  const span = tracer.startSpan(`chat ${n}`, { kind: SpanKind.CLIENT });
  span.setAttributes({ 'gen_ai.usage.input_tokens': 12, 'gen_ai.request.temperature': 0.5, 'gen_ai.response.finish_reasons': ['stop'] });
  span.addEvent('first token', { index: 0 });
  span.end();
}
provider.shutdown();
