// One WebSocket to the gateway that served this page: handshake, requests, events, and coming back after a loss.

import { backoffMs } from "./backoff";
import { CAPS, CLIENT_ID, CLIENT_MODE, CLIENT_VERSION, describeBrowser, ROLE, SCOPES } from "./client";
import { type EventFrame, isRecord, number, parseFrame, RequestError, type ResponseFrame } from "./frames";
import { type Hello, readHello } from "./hello";
import { type Identity, IdentityError, type IdentityObstacle, loadIdentity } from "./identity";
import { afterRefusal, classify, type Refusal } from "./refusal";
import { type AuthProof, signedToken } from "./signing";
import { openVault, type StoredToken, type Vault } from "./vault";

export type LinkState =
  | { kind: "connecting"; attempt: number }
  | { kind: "online"; hello: Hello; deviceId: string }
  | { kind: "waiting"; retryAtMs: number; refusal: Refusal | null }
  | { kind: "refused"; refusal: Refusal }
  | { kind: "unable"; obstacle: IdentityObstacle };

export interface ConnectionEvents {
  state(state: LinkState): void;
  event(frame: EventFrame): void;
  /** Events were missed on a living connection: everything shown has to be read again. */
  gap(): void;
  /** This browser got in with a link and keeps its own token from now on. */
  tokenKept(): void;
}

interface Waiting {
  resolve(payload: unknown): void;
  reject(error: RequestError): void;
  timer: ReturnType<typeof setTimeout>;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** The attempt whose delay a page that waits for its approval never exceeds: about two seconds. */
const PAIRING_ATTEMPT = 2;
const CHALLENGE_TIMEOUT_MS = 15_000;
const DEFAULT_TICK_MS = 30_000;
/** A connection that lasted this long was a good one: the next loss starts at the shortest delay again. */
const SETTLED_MS = 5_000;
const CLOSE_TICK_TIMEOUT = 4000;

export class Connection {
  readonly #on: ConnectionEvents;
  #socket: WebSocket | null = null;
  #waiting = new Map<string, Waiting>();
  #counter = 0;
  #attempt = 0;
  #lastSeq = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #settled: ReturnType<typeof setTimeout> | undefined;
  #vault: Vault | null = null;
  #identity: Identity | null = null;
  #stored: StoredToken | null = null;
  #bootstrap: string | null;
  #refusal: Refusal | null = null;
  #silenceMs = 2 * DEFAULT_TICK_MS;
  #helloSeen = false;
  #stopped = false;
  /** The gateway disowned this browser's token: what comes next is explained by that. */
  #forgotten = false;

  constructor(on: ConnectionEvents, bootstrap: string | null) {
    this.#on = on;
    this.#bootstrap = bootstrap;
  }

  async start(): Promise<void> {
    try {
      this.#vault = await openVault();
      this.#identity = await loadIdentity(this.#vault);
    } catch (error) {
      const obstacle = error instanceof IdentityError ? error.obstacle : "no-ed25519";
      this.#on.state({ kind: "unable", obstacle });
      return;
    }
    this.#dial();
  }

  /** Tries again at once, with a fresh link if one was opened in this tab. */
  retryNow(bootstrap: string | null = null): void {
    if (bootstrap) this.#bootstrap = bootstrap;
    if (this.#identity === null || (this.#helloSeen && !bootstrap)) return;
    this.#attempt = 0;
    this.#stopped = false;
    this.#dial();
  }

  /** Leaves: closes the socket and stays away until `retryNow`. */
  stop(): void {
    clearTimeout(this.#retryTimer);
    this.#drop(this.#socket);
    this.#stopped = true;
  }

  request<T>(method: string, params: object = {}, timeoutMs = REQUEST_TIMEOUT_MS): Promise<T> {
    if (!this.#helloSeen) return Promise.reject(closedError());
    return this.#call(method, params, timeoutMs) as Promise<T>;
  }

  #dial(): void {
    clearTimeout(this.#retryTimer);
    this.#drop(this.#socket);
    this.#on.state({ kind: "connecting", attempt: this.#attempt });
    void this.#open();
  }

  async #open(): Promise<void> {
    // Read on every attempt: another tab may have been let in meanwhile.
    this.#stored = (await this.#vault?.token().catch(() => null)) ?? null;
    if (this.#stopped) return;
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    // The page's own origin, always: nothing in the address or in storage can point it elsewhere.
    const socket = new WebSocket(`${scheme}//${location.host}/`);
    this.#drop(this.#socket);
    this.#socket = socket;
    this.#lastSeq = 0;
    this.#refusal = null;
    this.#arm(CHALLENGE_TIMEOUT_MS);
    socket.onmessage = (message) => this.#receive(socket, message.data);
    socket.onclose = () => this.#closed(socket);
  }

  #receive(socket: WebSocket, data: unknown): void {
    if (socket !== this.#socket) return;
    this.#arm(this.#helloSeen ? this.#silenceMs : CHALLENGE_TIMEOUT_MS);
    const frame = parseFrame(data);
    if (frame === null) return;
    if (frame.type === "res") this.#answer(frame);
    else if (frame.event === "connect.challenge") void this.#greet(socket, frame.payload);
    else this.#deliver(frame);
  }

  #deliver(frame: EventFrame): void {
    if (frame.seq !== undefined) {
      const missed = this.#lastSeq > 0 && frame.seq > this.#lastSeq + 1;
      this.#lastSeq = Math.max(this.#lastSeq, frame.seq);
      if (missed) this.#on.gap();
    }
    this.#on.event(frame);
  }

  #answer(frame: ResponseFrame): void {
    const waiting = this.#waiting.get(frame.id);
    if (!waiting) return;
    this.#waiting.delete(frame.id);
    clearTimeout(waiting.timer);
    if (frame.ok) waiting.resolve(frame.payload);
    else waiting.reject(new RequestError(frame.error ?? { code: "UNKNOWN", message: "refused" }));
  }

  async #greet(socket: WebSocket, payload: unknown): Promise<void> {
    const nonce = isRecord(payload) && typeof payload.nonce === "string" ? payload.nonce : "";
    const signedAt = (isRecord(payload) ? number(payload.ts) : undefined) ?? Date.now();
    try {
      const params = await this.#connectParams(nonce, signedAt);
      if (socket !== this.#socket) return;
      const hello = readHello(await this.#call("connect", params, REQUEST_TIMEOUT_MS));
      await this.#welcomed(socket, hello);
    } catch (error) {
      if (socket !== this.#socket) return;
      const lost = !(error instanceof RequestError) || error.code === "CLOSED";
      if (!lost) this.#refusal = classify(error);
      socket.close();
      this.#closed(socket);
    }
  }

  async #connectParams(nonce: string, signedAt: number): Promise<object> {
    const identity = this.#identity;
    if (!identity) throw closedError();
    const auth: AuthProof = {};
    if (this.#bootstrap) auth.bootstrapToken = this.#bootstrap;
    else if (this.#stored) auth.deviceToken = this.#stored.deviceToken;
    // A device admitted with fewer scopes asks for just those, or its token would be refused.
    const granted = auth.deviceToken ? this.#stored?.scopes : undefined;
    const scopes = granted?.length ? SCOPES.filter((scope) => granted.includes(scope)) : [...SCOPES];
    const browser = describeBrowser();
    const client = { id: CLIENT_ID, mode: CLIENT_MODE, version: CLIENT_VERSION, ...browser };
    const signature = await identity.sign({
      clientId: client.id,
      clientMode: client.mode,
      role: ROLE,
      scopes,
      signedAtMs: signedAt,
      token: signedToken(auth),
      nonce,
      platform: browser.platform,
    });
    return {
      minProtocol: 4,
      maxProtocol: 4,
      client,
      role: ROLE,
      scopes,
      caps: CAPS,
      auth,
      device: { id: identity.deviceId, publicKey: identity.publicKey, signature, signedAt, nonce },
      locale: navigator.language,
    };
  }

  async #welcomed(socket: WebSocket, hello: Hello): Promise<void> {
    if (socket !== this.#socket) return;
    this.#bootstrap = null;
    this.#helloSeen = true;
    this.#forgotten = false;
    this.#silenceMs = 2 * (hello.tickIntervalMs ?? DEFAULT_TICK_MS);
    this.#arm(this.#silenceMs);
    this.#settled = setTimeout(() => {
      this.#attempt = 0;
    }, SETTLED_MS);
    const before = this.#stored?.deviceToken;
    if (hello.deviceToken && hello.deviceToken !== before) {
      this.#stored = { deviceToken: hello.deviceToken, scopes: hello.scopes };
      await this.#vault?.keepToken(this.#stored).catch(() => undefined);
      this.#on.tokenKept();
    }
    if (socket === this.#socket)
      this.#on.state({ kind: "online", hello, deviceId: this.#identity?.deviceId ?? "" });
  }

  #call(method: string, params: object, timeoutMs: number): Promise<unknown> {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) return Promise.reject(closedError());
    this.#counter += 1;
    const id = `${this.#counter}:${crypto.randomUUID()}`;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        const message = `The gateway did not answer ${method} in time.`;
        reject(new RequestError({ code: "UNAVAILABLE", message, retryable: true }));
      }, timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      socket.send(JSON.stringify({ type: "req", id, method, params }));
    });
  }

  #closed(socket: WebSocket): void {
    if (socket !== this.#socket) return;
    this.#drop(socket);
    void this.#after();
  }

  async #after(): Promise<void> {
    const refusal = this.#refusal;
    if (!refusal) return this.#wait(null, undefined);
    const had = { bootstrap: this.#bootstrap !== null, deviceToken: this.#stored !== null };
    const next = afterRefusal(refusal, had);
    if (next.drop === "bootstrap") this.#bootstrap = null;
    if (next.drop === "deviceToken") {
      this.#forgotten = true;
      await this.#vault?.forgetToken().catch(() => undefined);
    }
    if (next.retry === "now") return this.#dial();
    if (next.retry === "never") return this.#on.state({ kind: "refused", refusal: this.#explained(refusal) });
    const asked = refusal.kind === "limited" || refusal.kind === "busy" ? refusal.retryAfterMs : undefined;
    this.#wait(refusal, asked);
  }

  #explained(refusal: Refusal): Refusal {
    return refusal.kind === "link" && refusal.why === "none" && this.#forgotten
      ? { ...refusal, why: "forgotten" }
      : refusal;
  }

  #wait(refusal: Refusal | null, askedMs: number | undefined): void {
    // Somebody who has just typed the approval looks at this page.
    if (refusal?.kind === "pairing") this.#attempt = Math.min(this.#attempt, PAIRING_ATTEMPT);
    const delay = Math.max(askedMs ?? 0, backoffMs(this.#attempt));
    this.#attempt += 1;
    this.#on.state({ kind: "waiting", retryAtMs: Date.now() + delay, refusal });
    this.#retryTimer = setTimeout(() => this.#dial(), delay);
  }

  /** Lets go of a socket: its waiting requests fail as "closed", so that callers may send them again. */
  #drop(socket: WebSocket | null): void {
    if (!socket || socket !== this.#socket) return;
    this.#socket = null;
    this.#helloSeen = false;
    clearTimeout(this.#watchdog);
    clearTimeout(this.#settled);
    socket.onmessage = null;
    socket.onclose = null;
    socket.close();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject, timer } of waiting) {
      clearTimeout(timer);
      reject(closedError());
    }
  }

  #arm(silenceMs: number): void {
    clearTimeout(this.#watchdog);
    const socket = this.#socket;
    this.#watchdog = setTimeout(() => {
      if (!socket || socket !== this.#socket) return;
      socket.close(CLOSE_TICK_TIMEOUT, "tick timeout");
      this.#closed(socket);
    }, silenceMs);
  }
}

function closedError(): RequestError {
  return new RequestError({
    code: "CLOSED",
    message: "The connection to the gateway is closed.",
    retryable: true,
  });
}
