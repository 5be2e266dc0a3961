/** HTTP by hand, for what no client would send. */
import { connect, type Socket } from 'node:net';

export interface RawConnection {
  readonly socket: Socket;
  /** Everything the server sent until it closed the connection (or broke it off). */
  readonly received: Promise<string>;
}

export function openRaw(url: string): RawConnection {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const chunks: Buffer[] = [];
  const received = new Promise<string>((resolve) => {
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('utf8')));
    // a connection that is cut while we still send ends in an error; what came before it counts
    socket.on('error', () => socket.destroy());
  });
  return { socket, received };
}

export function sendRaw(url: string, bytes: string | Uint8Array): Promise<string> {
  const { socket, received } = openRaw(url);
  socket.write(bytes);
  return received;
}

/** The one issue of the OperationOutcome that the answer is, without its prose. */
export function outcomeOf(answer: string): Readonly<Record<string, unknown>> {
  const [head = '', body = ''] = answer.split('\r\n\r\n');
  if (!/^content-type: application\/fhir\+json/im.test(head) || !/^connection: close/im.test(head))
    throw new Error(`Unexpected head: ${head}`);
  const [{ diagnostics, ...issue }, ...others] = (JSON.parse(body) as { issue: [{ diagnostics: string }] }).issue;
  if (diagnostics === '' || others.length > 0) throw new Error(`Unexpected body: ${body}`);
  return issue;
}
