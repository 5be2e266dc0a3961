/** Web pages of other origins: https://fetch.spec.whatwg.org/#http-cors-protocol */
import { expect } from 'chai';
import { TestServer } from '../support/test-server.js';

const PAGE = 'https://app.example.org';

describe('CORS', () => {
  let server: TestServer;
  let strict: TestServer;
  before(async () => {
    server = await TestServer.start();
    strict = await TestServer.start({ config: { cors: { origins: [PAGE] } } });
  });
  after(() => Promise.all([server.stop(), strict.stop()]));

  const preflight = (of: TestServer, origin: string, path = '/sdhr/Condition') =>
    of.request(path, {
      method: 'OPTIONS',
      headers: {
        Authorization: undefined,
        'Request-Context': undefined,
        Origin: origin,
        'Access-Control-Request-Method': 'PUT',
        'Access-Control-Request-Headers': 'authorization,content-type,if-match,request-context,prefer',
      },
    });

  it('answers a preflight without token or context', async () => {
    const answer = await preflight(server, PAGE);
    expect(answer.status).to.equal(204);
    expect(answer.headers.get('Access-Control-Allow-Origin')).to.equal('*');
    expect(answer.headers.get('Access-Control-Allow-Methods')).to.equal('GET,HEAD,POST,PUT,PATCH,DELETE');
    expect(answer.headers.get('Access-Control-Allow-Headers')).to.equal('authorization,content-type,if-match,request-context,prefer');
    expect(answer.headers.get('Access-Control-Max-Age')).to.equal('600');
  });

  it('lets the page read answers and their headers, refusals too', async () => {
    for (const path of ['/sdhr/metadata', '/sdhr/Patient', '/r4/Patient/unknown']) {
      const answer = await server.get(path, { Origin: PAGE });
      expect(answer.headers.get('Access-Control-Allow-Origin'), path).to.equal('*');
      for (const name of ['ETag', 'Location', 'Last-Modified', 'X-Request-Id', 'WWW-Authenticate']) {
        expect(answer.headers.get('Access-Control-Expose-Headers')).to.include(name);
      }
    }
    const unknown = await server.get('/r4/Patient', { Origin: PAGE, Authorization: undefined });
    expect(unknown.status).to.equal(401);
    expect(unknown.headers.get('Access-Control-Allow-Origin')).to.equal('*');
  });

  it('never sends credentials along', async () => {
    expect((await server.get('/sdhr/metadata', { Origin: PAGE })).headers.get('Access-Control-Allow-Credentials')).to.equal(null);
  });

  it('names only the origins that are configured', async () => {
    expect((await preflight(strict, PAGE)).headers.get('Access-Control-Allow-Origin')).to.equal(PAGE);
    expect((await preflight(strict, 'https://evil.example.org')).headers.get('Access-Control-Allow-Origin')).to.equal(null);
    const read = await strict.get('/sdhr/metadata', { Origin: 'https://evil.example.org' });
    expect(read.headers.get('Access-Control-Allow-Origin')).to.equal(null);
    expect(read.headers.get('Vary')).to.match(/Origin/);
  });

  it('answers OPTIONS that is no preflight with what the path allows', async () => {
    const answer = await server.request('/sdhr/Condition', { method: 'OPTIONS' });
    expect(answer.status).to.equal(204);
    expect(answer.headers.get('Allow')).to.equal('GET, HEAD, POST');
  });
});
