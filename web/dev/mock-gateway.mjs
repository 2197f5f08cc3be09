// Development only: enough of the gateway to work on the panel without one. Serves the built panel under the strict policy.
import { randomBytes, randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WebSocketServer } from "ws";
import { greet } from "./mock/handshake.mjs";
import { methods } from "./mock/methods.mjs";
import { createState } from "./mock/state.mjs";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; " +
  "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

/** Starts a mock gateway; `port` 0 picks a free one. */
export async function startMock({ port = 0, dist = DIST } = {}) {
  const state = createState();
  const connections = new Set();
  const http = createServer((request, response) => void serve(request, response, dist));
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: false });
  sockets.on("connection", (socket) => accept(socket, state, connections));
  state.broadcast = (event, payload) => {
    for (const connection of connections) connection.event(event, payload);
  };
  await new Promise((resolve) => http.listen(port, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${http.address().port}`;
  return {
    origin,
    state,
    link: () => {
      const token = randomBytes(24).toString("base64url");
      state.bootstrap.add(token);
      return `${origin}/#bootstrap=${token}`;
    },
    /** Closes every socket, as a restart would. */
    drop: () => {
      for (const connection of connections) connection.socket.close(1012, "service restart");
    },
    /** Skips sequence numbers, as dropped events would. */
    gap: () => {
      for (const connection of connections) connection.seq += 5;
    },
    stop: () => {
      for (const connection of connections) connection.socket.terminate();
      sockets.close();
      http.closeAllConnections();
      http.close();
    },
  };
}

async function serve(request, response, dist) {
  const path = normalize(new URL(request.url, "http://mock").pathname);
  const file = join(dist, path === "/" ? "index.html" : path);
  try {
    const body = await readFile(file);
    response.writeHead(200, {
      "content-type": TYPES[extname(file)] ?? "application/octet-stream",
      "content-security-policy": POLICY,
      "cache-control": "no-store",
    });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

function accept(socket, state, connections) {
  const connection = {
    socket,
    seq: 0,
    nonce: randomUUID(),
    ready: false,
    send: (frame) => socket.readyState === 1 && socket.send(JSON.stringify(frame)),
    event: (event, payload) => {
      connection.seq += 1;
      connection.send({ type: "event", event, payload, seq: connection.seq });
    },
  };
  connection.send({
    type: "event",
    event: "connect.challenge",
    payload: { nonce: connection.nonce, ts: Date.now() },
  });
  const ticks = setInterval(() => connection.ready && connection.event("tick", { ts: Date.now() }), 15_000);
  socket.on("close", () => {
    clearInterval(ticks);
    connections.delete(connection);
  });
  socket.on("message", (data) => void answer(connection, state, connections, JSON.parse(String(data))));
}

async function answer(connection, state, connections, frame) {
  const reply = (ok, body) =>
    connection.send({ type: "res", id: frame.id, ok, ...(ok ? { payload: body } : { error: body }) });
  if (!connection.ready) {
    const result = greet(state, connection, frame.params);
    reply(result.ok, result.body);
    if (!result.ok) return connection.socket.close(1008, result.body.message.slice(0, 120));
    connection.ready = true;
    connections.add(connection);
    return;
  }
  const method = methods[frame.method];
  if (!method) return reply(false, { code: "INVALID_REQUEST", message: `unknown method: ${frame.method}` });
  try {
    reply(true, await method(state, frame.params ?? {}));
  } catch (error) {
    reply(false, { code: error.code ?? "INVALID_REQUEST", message: error.message, details: error.details });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 18790) });
  console.log(`mock gateway: ${mock.link()}`);
}
