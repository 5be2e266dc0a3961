/** Duration by interaction, type and status. */
import type { Metrics } from '../../observability/metrics.js';
import type { HttpMiddleware } from '../request-state.js';

export function metrics(registry: Metrics): HttpMiddleware {
  return async (ctx, next) => {
    const start = performance.now();
    try {
      await next();
    } finally {
      const { state } = ctx;
      registry.observeRequest({
        api: state.api?.name ?? '',
        interaction: state.interaction ?? '',
        type: state.type ?? '',
        status: ctx.status,
        seconds: (performance.now() - start) / 1000,
      });
      if (state.issueCodes !== undefined) registry.countIssues(state.issueCodes);
    }
  };
}
