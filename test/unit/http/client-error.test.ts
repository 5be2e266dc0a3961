import { PassThrough } from 'node:stream';
import { expect } from 'chai';
import { createClientErrorHandler, describeClientError } from '../../../src/http/client-error.js';
import { createLogger } from '../../../src/observability/logger.js';

const LIMITS = { headerBytes: 8_192, requestTimeoutMs: 60_000 };
const parserError = (code: string, reason = 'a reason') => Object.assign(new Error('Parse Error'), { code, reason });

describe('a request that cannot be read', () => {
  it('has the status that its fault asks for, and a text that says what to mend', () => {
    for (const [code, status, text] of [
      ['HPE_HEADER_OVERFLOW', 431, /larger than 8192 bytes/],
      ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413, /too large/],
      ['ERR_HTTP_REQUEST_TIMEOUT', 408, /within 60000 ms/],
      ['HPE_INVALID_EOF_STATE', 400, /broken off/],
      ['HPE_INVALID_METHOD', 400, /can be read: a reason$/],
    ] as const) {
      const fault = describeClientError(parserError(code), LIMITS);
      expect(fault.status, code).to.equal(status);
      expect(fault.message, code).to.match(text);
    }
  });

  it('is told of percent-encoding where the fault is a character beyond ASCII', () => {
    const rawPacket = Buffer.from('GET /ā HTTP/1.1');
    const at = (bytesParsed: number) =>
      describeClientError(Object.assign(parserError('HPE_INVALID_URL'), { rawPacket, bytesParsed }), LIMITS).message;
    expect(at(5)).to.include('percent-encoded');
    expect(at(4)).to.equal('The request is no HTTP/1.1 that can be read: a reason');
  });

  it('is logged without what was sent', () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line: string) => lines.push(line) });
    const socket = new PassThrough();
    const rawPacket = Buffer.from('GET /r4/Patient?family=Ngāta HTTP/1.1');
    createClientErrorHandler({ ...LIMITS, logger, isAnswering: () => false })(
      Object.assign(parserError('HPE_INVALID_URL'), { rawPacket, bytesParsed: 25 }),
      socket,
    );
    socket.destroy();
    expect(JSON.parse(lines.join(''))).to.include({ level: 'info', status: 400, fault: 'HPE_INVALID_URL' });
    expect(lines.join('')).to.not.match(/Patient|Ng/);
  });

  it('gets no answer in the middle of another one, nor where nobody listens', () => {
    const logger = createLogger('silent');
    const answering = new PassThrough();
    createClientErrorHandler({ ...LIMITS, logger, isAnswering: () => true })(parserError('HPE_INVALID_METHOD'), answering);
    const gone = new PassThrough();
    createClientErrorHandler({ ...LIMITS, logger, isAnswering: () => false })(parserError('ECONNRESET'), gone);
    for (const socket of [answering, gone]) {
      expect(socket.destroyed).to.equal(true);
      expect(socket.readableLength).to.equal(0);
    }
  });
});
