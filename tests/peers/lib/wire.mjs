// A raw WebSocket client that keeps every frame the gateway sends and every frame it was sent.
import { randomUUID } from "node:crypto";
import { load } from "./modules.mjs";
import { signedDevice } from "./device.mjs";

/** How long a wait may take before the test fails, in milliseconds. */
export const PATIENCE_MS = 20_000;

/** One connection. `frames` holds parsed gateway frames in order; `raw` the texts they came as. */
export class Wire {
  /** Opens a socket on `url` and returns once it is open. */
  static async open(url, { origin, headers } = {}) {
    const { default: WebSocket } = await load("ws");
    const socket = new WebSocket(url.replace(/^http/, "ws"), { origin, headers, perMessageDeflate: false });
    const wire = new Wire(socket);
    await wire.#opened;
    return wire;
  }

  #waiters = new Set();
  #opened;

  constructor(socket) {
    this.socket = socket;
    this.frames = [];
    this.raw = [];
    this.methods = new Map();
    this.closed = undefined;
    socket.on("message", (data) => this.#take(data.toString()));
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.#wake();
    });
    this.#opened = new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    socket.on("error", () => {});
  }

  #take(text) {
    this.raw.push(text);
    this.frames.push(JSON.parse(text));
    this.#wake();
  }

  #wake() {
    for (const check of [...this.#waiters]) check();
  }

  /** The first frame at or after index `from` that `matches`; fails after `timeoutMs`, or when the socket closes. */
  waitFor(matches, { from = 0, what = "a frame", timeoutMs = PATIENCE_MS } = {}) {
    return new Promise((resolve, reject) => {
      const finish = (act) => {
        clearTimeout(timer);
        this.#waiters.delete(check);
        act();
      };
      const check = () => {
        const found = this.frames.slice(from).find(matches);
        if (found !== undefined) return finish(() => resolve(found));
        if (this.closed) fail(`socket closed ${this.closed.code} "${this.closed.reason}" while waiting for ${what}`);
      };
      const fail = (why) => finish(() => reject(new Error(why)));
      const late = () => fail(`${what} did not come within ${timeoutMs} ms; last frames:\n${this.tail()}`);
      const timer = setTimeout(late, timeoutMs);
      this.#waiters.add(check);
      check();
    });
  }

  /** The last frames as text, for failure messages. */
  tail(count = 6) {
    return this.raw.slice(-count).map((text) => text.slice(0, 400)).join("\n");
  }

  /** The next event called `name` (at or after `from`) whose payload `matches`. */
  event(name, matches = () => true, options = {}) {
    const isWanted = (frame) => frame.type === "event" && frame.event === name && matches(frame.payload);
    return this.waitFor(isWanted, { what: `event ${name}`, ...options });
  }

  /** Every event called `name` so far. */
  events(name) {
    return this.frames.filter((frame) => frame.type === "event" && frame.event === name);
  }

  /** Sends a request frame without waiting; returns its id. */
  send(method, params) {
    const id = `${this.methods.size + 1}:${randomUUID()}`;
    this.methods.set(id, method);
    this.socket.send(JSON.stringify({ type: "req", id, method, ...(params === undefined ? {} : { params }) }));
    return id;
  }

  /** Sends a request and returns its response frame; `final` skips an `accepted` one. */
  async call(method, params, { final = false, timeoutMs } = {}) {
    const id = this.send(method, params);
    const isAnswer = (frame) => frame.type === "res" && frame.id === id && !(final && frame.payload?.status === "accepted");
    return this.waitFor(isAnswer, { what: `the answer to ${method}`, timeoutMs });
  }

  /** Like `call`, but a refusal is an error and the answer is the payload. */
  async request(method, params, options) {
    const answer = await this.call(method, params, options);
    if (!answer.ok) throw new Error(`${method}: ${answer.error?.code} ${answer.error?.message}`);
    return answer.payload;
  }

  /** Does the handshake; returns the response frame of `connect`. */
  async connect({ token, deviceToken, device, role = "operator", scopes = ["operator.admin"], caps = [], client = {}, extra = {} } = {}) {
    const challenge = (await this.event("connect.challenge")).payload;
    const self = { id: "gateway-client", version: "0.0.1", platform: "linux", mode: "backend", ...client };
    const secret = token ?? deviceToken;
    return this.call("connect", {
      minProtocol: 4, maxProtocol: 4, client: self, caps, role, scopes,
      ...(secret === undefined ? {} : { auth: token === undefined ? { deviceToken } : { token } }),
      ...(device === undefined ? {} : { device: signedDevice(device, { client: self, role, scopes, token: secret, challenge }) }),
      ...extra,
    });
  }

  /** Waits until the gateway has closed the socket; answers {code, reason}. */
  async untilClosed(timeoutMs = PATIENCE_MS) {
    const never = () => false;
    await this.waitFor(never, { what: "the end of the connection", timeoutMs }).catch((error) => {
      if (!this.closed) throw error;
    });
    return this.closed;
  }

  /** Closes the socket and waits until it is closed. */
  async close() {
    if (this.closed) return;
    this.socket.close();
    await this.untilClosed();
  }
}

/** Opens and connects in one step; fails when the gateway refuses. */
export async function connected(url, options = {}) {
  const wire = await Wire.open(url, options);
  const answer = await wire.connect(options);
  if (!answer.ok) throw new Error(`connect refused: ${JSON.stringify(answer.error)}`);
  wire.hello = answer.payload;
  return wire;
}
