/** Which interaction a request is: what does not exist is answered before anything else of the request is looked at. */
import { FhirError } from '../fhir/fhir-error.js';
import { patchFormats } from '../interactions/patch/patch-formats.js';
import { allowedMethods, routeInteraction } from '../interactions/routes.js';
import type { Api } from '../services.js';
import type { HttpMiddleware } from './request-state.js';

export function routes(apis: readonly Api[]): HttpMiddleware {
  const bases = apis.map((api) => api.config.basePath).join(', ');
  return (ctx, next) => {
    const { api, apiPath = '' } = ctx.state;
    if (api === undefined) {
      throw new FhirError('not-implemented', `There is nothing at this path; the APIs of this server are at ${bases}`);
    }
    if (ctx.method === 'OPTIONS') {
      const allowed = allowedMethods(api, apiPath);
      ctx.set('Allow', allowed.join(', '));
      if (allowed.includes('PATCH')) ctx.set('Accept-Patch', patchFormats(api).join(', '));
      ctx.status = 204;
      return;
    }
    Object.assign(ctx.state, routeInteraction(api, ctx.method, apiPath));
    return next();
  };
}
