/** Content-Encoding of answers: https://www.rfc-editor.org/rfc/rfc9110#name-accept-encoding */
import compress from 'koa-compress';
import type { HttpMiddleware } from '../request-state.js';

/** Below this, compressing costs more than it saves. */
const THRESHOLD_BYTES = 2_048;

export function compression(): HttpMiddleware {
  const compressed = compress({ threshold: THRESHOLD_BYTES });
  return (ctx, next) => {
    // whoever accepts nothing that there is gets the plain text, as RFC 9110 advises
    if (ctx.acceptsEncodings('br', 'gzip', 'deflate', 'identity') === false) ctx.compress = false;
    return compressed(ctx, next);
  };
}
