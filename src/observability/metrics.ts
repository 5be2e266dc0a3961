/** Prometheus metrics, one registry for each server: https://prometheus.io/docs/concepts/data_model/ */
import { Counter, collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { PHASES, type Stopwatch } from './stopwatch.js';

export interface RequestMetric {
  readonly api: string;
  readonly interaction: string;
  /** Resource type that the API offers, or empty: never a name of the caller's making. */
  readonly type: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  readonly contentType: string;
  observeRequest(metric: RequestMetric): void;
  /** Of those phases that happened. */
  observePhases(stopwatch: Stopwatch): void;
  countIssues(codes: readonly string[]): void;
  /** How HL7's validator and ours compared over one resource: `agree`, `disagree`, `away`. */
  countEngines(verdict: string): void;
  /** Text format of Prometheus. */
  print(): Promise<string>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'kauri_' });
  const requests = new Histogram({
    name: 'kauri_request_duration_seconds',
    help: 'Time from the first header to the answer, by interaction',
    labelNames: ['api', 'interaction', 'type', 'status'] as const,
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  const phases = new Histogram({
    name: 'kauri_phase_duration_seconds',
    help: 'Time of each phase of a request, as its Server-Timing says',
    labelNames: ['phase'] as const,
    buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  });
  // made once: labels are looked at for each request
  const labels = PHASES.map((phase) => ({ phase }));
  const issues = new Counter({
    name: 'kauri_issues_total',
    help: 'Issues in answers that refuse a request, by their code',
    labelNames: ['code'] as const,
    registers: [registry],
  });
  const engines = new Counter({
    name: 'kauri_engine_comparisons_total',
    help: "Resources that HL7's validator was asked about beside ours, by whether the two agree",
    labelNames: ['verdict'] as const,
    registers: [registry],
  });
  return {
    contentType: registry.contentType,
    observeRequest({ api, interaction, type, status, seconds }) {
      requests.observe({ api, interaction, type, status }, seconds);
    },
    observePhases(stopwatch) {
      for (const label of labels) {
        const milliseconds = stopwatch.spent(label.phase);
        if (milliseconds !== undefined) phases.observe(label, milliseconds / 1000);
      }
    },
    countIssues(codes) {
      for (const code of codes) issues.inc({ code });
    },
    countEngines(verdict) {
      engines.inc({ verdict });
    },
    print: () => registry.metrics(),
  };
}
