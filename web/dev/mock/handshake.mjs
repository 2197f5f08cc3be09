// Development only: the gateway's half of the handshake, with a real check of the signature.
import { createHash, createPublicKey, randomBytes, randomUUID, verify } from "node:crypto";
import { methods } from "./methods.mjs";

const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

export function greet(state, connection, params) {
  const device = params?.device;
  if (!device) return refuse("NOT_PAIRED", "device identity required", { code: "DEVICE_IDENTITY_REQUIRED" });
  const raw = Buffer.from(device.publicKey, "base64url");
  const id = createHash("sha256").update(raw).digest("hex");
  if (id !== device.id)
    return refuse("INVALID_REQUEST", "device id mismatch", { code: "DEVICE_AUTH_DEVICE_ID_MISMATCH" });
  if (!signed(connection, params, raw)) {
    return refuse("INVALID_REQUEST", "device signature invalid", { code: "DEVICE_AUTH_SIGNATURE_INVALID" });
  }
  return admit(state, params);
}

function signed(connection, params, raw) {
  const { client, device, auth } = params;
  const text = [
    "v3",
    device.id,
    client.id,
    client.mode,
    params.role,
    params.scopes.join(","),
    device.signedAt,
    auth?.token ?? auth?.deviceToken ?? auth?.bootstrapToken ?? "",
    connection.nonce,
    client.platform.trim().toLowerCase(),
    (client.deviceFamily ?? "").trim().toLowerCase(),
  ].join("|");
  const key = createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: "der", type: "spki" });
  return verify(null, Buffer.from(text), key, Buffer.from(device.signature, "base64url"));
}

function admit(state, params) {
  const { client, device, auth } = params;
  if (auth?.bootstrapToken) {
    if (!state.bootstrap.delete(auth.bootstrapToken)) {
      return refuse("INVALID_REQUEST", "bootstrap token invalid", { code: "AUTH_BOOTSTRAP_TOKEN_INVALID" });
    }
    state.pair({
      deviceId: device.id,
      displayName: client.displayName,
      platform: client.platform,
      scopes: params.scopes,
    });
  } else if (auth?.deviceToken && state.tokens.get(device.id) !== auth.deviceToken) {
    return refuse("INVALID_REQUEST", "device token mismatch", { code: "AUTH_DEVICE_TOKEN_MISMATCH" });
  } else if (!state.paired.some((row) => row.deviceId === device.id)) {
    return askForApproval(state, params);
  }
  if (!state.tokens.has(device.id)) state.tokens.set(device.id, randomBytes(32).toString("base64url"));
  return { ok: true, body: hello(state, params) };
}

function askForApproval(state, params) {
  if (!state.pairingRequests) {
    return refuse("INVALID_REQUEST", "unauthorized: token missing", { code: "AUTH_TOKEN_MISSING" });
  }
  const { client, device } = params;
  const requestId = state.ask({
    deviceId: device.id,
    displayName: client.displayName,
    scopes: params.scopes,
  });
  return refuse("NOT_PAIRED", "pairing required: device is not approved yet", {
    code: "PAIRING_REQUIRED",
    reason: "not-paired",
    requestId,
    deviceId: device.id,
    requestedScopes: params.scopes,
  });
}

function hello(state, params) {
  return {
    type: "hello-ok",
    protocol: 4,
    server: { version: "0.1.0", connId: randomUUID() },
    features: { methods: Object.keys(methods), events: [] },
    snapshot: {
      presence: state.presence,
      health: methods.health(state),
      stateVersion: { presence: 1, health: 1 },
      uptimeMs: Date.now() - state.startedAt,
      sessionDefaults: { defaultAgentId: "main", mainKey: "main", mainSessionKey: "agent:main:main" },
    },
    auth: { role: "operator", scopes: params.scopes, deviceToken: state.tokens.get(params.device.id) },
    policy: { maxPayload: 26_214_400, maxBufferedBytes: 52_428_800, tickIntervalMs: 30_000 },
  };
}

function refuse(code, message, details) {
  return { ok: false, body: { code, message, details } };
}
