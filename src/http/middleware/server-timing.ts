/** Server-Timing on every answer, refusals too; the same goes to the metrics. https://www.w3.org/TR/server-timing/ */
import type { Metrics } from '../../observability/metrics.js';
import { Stopwatch } from '../../observability/stopwatch.js';
import type { HttpMiddleware } from '../request-state.js';

export function serverTiming(registry: Metrics): HttpMiddleware {
  return async (ctx, next) => {
    const stopwatch = new Stopwatch();
    ctx.state.stopwatch = stopwatch;
    try {
      await next();
    } finally {
      ctx.set('Server-Timing', stopwatch.toServerTiming());
      registry.observePhases(stopwatch);
    }
  };
}
