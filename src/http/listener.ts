/** The socket: limits of headers and time, an address that is known once it listens, an end that lets answers out. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerOptions, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from '../observability/logger.js';
import { createClientErrorHandler } from './client-error.js';

export interface ListenerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly headerBytes: number;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
  /** PEM texts; absent: plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Longer than the idle times of common proxies, so that it is they who close. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** The socket's own limit of silence is the second line: by then the body's reader has answered 408 with an outcome. */
const SILENCE_MARGIN_MS = 10_000;
/** Bodies that are read whole have a limit of their own; an import is sent for as long as its lines are written. */
const LONGEST_REQUEST_MS = 24 * 3_600_000;
const LONGEST_HANDSHAKE_MS = 10_000;
/** Containers are killed after ten seconds: what is under way gets somewhat less. */
const DRAIN_TIMEOUT_MS = 8_000;
const SWEEP_INTERVAL_MS = 50;

export class HttpListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  /** The last one of each connection. */
  readonly #responses = new WeakMap<Duplex, ServerResponse>();
  /** Connections that are no HTTP yet, which the server's own end does not know of; by the address of the caller. */
  readonly #handshakes = new Map<string, Socket>();
  #closed: Promise<void> | undefined;

  constructor(options: ListenerOptions) {
    const { headerBytes, requestTimeoutMs, logger, tls } = options;
    this.#options = options;
    const settings: ServerOptions = {
      maxHeaderSize: headerBytes,
      headersTimeout: requestTimeoutMs,
      requestTimeout: LONGEST_REQUEST_MS,
      connectionsCheckingInterval: Math.min(requestTimeoutMs, SILENCE_MARGIN_MS),
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      // the app says so with an outcome
      requireHostHeader: false,
    };
    this.#server =
      tls === undefined
        ? createServer(settings)
        : createTlsServer({
            ...settings,
            cert: tls.cert,
            key: tls.key,
            handshakeTimeout: Math.min(requestTimeoutMs, LONGEST_HANDSHAKE_MS),
            minVersion: 'TLSv1.2',
          });
    if (tls !== undefined) this.#followHandshakes();
    this.#server.timeout = requestTimeoutMs + SILENCE_MARGIN_MS;
    const isAnswering = (socket: Duplex): boolean => {
      const response = this.#responses.get(socket);
      return response?.headersSent === true && !response.writableFinished;
    };
    this.#server.on('clientError', createClientErrorHandler({ headerBytes, requestTimeoutMs, logger, isAnswering }));
    this.#server.on('request', (request, response) => {
      this.#responses.set(request.socket, response);
      response.once('finish', () => {
        if (!request.complete) endAfter(request, requestTimeoutMs);
      });
    });
  }

  /** `http://127.0.0.1:8080`, or `https:`; the port is the one that was asked for until there is another. */
  get url(): string {
    const { host, port, tls } = this.#options;
    const address = this.#server.address() as AddressInfo | null;
    return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${address?.port ?? port}`;
  }

  get isListening(): boolean {
    return this.#server.listening && this.#closed === undefined;
  }

  /** Rejects with the system's error (EADDRINUSE, EACCES) when it cannot. `createHandler` is called once the port is known. */
  async listen(createHandler: () => RequestListener): Promise<void> {
    const { host, port } = this.#options;
    this.#server.listen(port, host.replace(/^\[(.*)\]$/, '$1'));
    await once(this.#server, 'listening');
    this.#server.on('request', createHandler());
  }

  /** Takes no new connection, lets what is under way end for eight seconds, then cuts it. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  #followHandshakes(): void {
    const addressOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;
    this.#server.on('connection', (socket: Socket) => {
      const address = addressOf(socket);
      this.#handshakes.set(address, socket);
      socket.once('close', () => {
        if (this.#handshakes.get(address) === socket) this.#handshakes.delete(address);
      });
    });
    this.#server.on('secureConnection', (socket: Socket) => this.#handshakes.delete(addressOf(socket)));
  }

  async #close(): Promise<void> {
    const server = this.#server;
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of this.#handshakes.values()) socket.destroy();
    // connections that become idle now would be kept for the caller's next request
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_INTERVAL_MS);
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_TIMEOUT_MS);
    await closed;
    clearInterval(sweep);
    clearTimeout(cut);
  }
}

/** A body that nobody reads any more, as the answer is out, has so long to come to its end. */
function endAfter({ socket }: IncomingMessage, milliseconds: number): void {
  const cut = setTimeout(() => socket.destroy(), milliseconds);
  cut.unref();
  socket.once('close', () => clearTimeout(cut));
}
