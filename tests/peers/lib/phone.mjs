// A phone as the apps' sources describe it: requests as binary frames, v2 signatures, one socket a role, pinned TLS (protocol 3.4, 7.4, 10.6).
import { randomUUID } from "node:crypto";
import { base64url, rawPublicKey, signPayload } from "./device.mjs";
import { load } from "./modules.mjs";
import { Wire } from "./wire.mjs";

/** What the app says of itself. */
const APP = { id: "openclaw-ios", version: "2026.9.1", platform: "iOS 26.1.0", deviceFamily: "iPhone", modelIdentifier: "iPhone17,1", displayName: "Phone" };

/** Reads a setup code. */
export function readSetupCode(code) {
  return JSON.parse(Buffer.from(code, "base64url").toString("utf8"));
}

/** One of the phone's two sockets. */
export class PhoneSocket extends Wire {
  /** Opens a socket; over TLS only the certificate with this fingerprint is taken. */
  static async dial(url, pin) {
    const { default: WebSocket } = await load("ws");
    const socket = new WebSocket(url, { perMessageDeflate: false, rejectUnauthorized: false });
    const wire = new PhoneSocket(socket);
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const shown = socket._socket.getPeerCertificate?.().fingerprint256?.replaceAll(":", "").toLowerCase();
    if (url.startsWith("wss:") && shown !== pin) throw new Error(`another certificate: ${shown}`);
    return wire;
  }

  /** As the Swift clients do: the JSON in a binary frame. */
  send(method, params) {
    const id = randomUUID().toUpperCase();
    this.methods.set(id, method);
    this.socket.send(Buffer.from(JSON.stringify({ type: "req", id, method, params: params ?? {} })), { binary: true });
    return id;
  }

  /** `connect` with a v2 signature; answers the whole response frame. */
  async enter(device, { role, mode, scopes, caps = [], commands = [], permissions = {}, auth }) {
    const { nonce, ts } = (await this.event("connect.challenge")).payload;
    const token = auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? "";
    const text = ["v2", device.deviceId, APP.id, mode, role, scopes.join(","), ts, token, nonce].join("|");
    const proof = { id: device.deviceId, publicKey: base64url(rawPublicKey(device.publicKeyPem)),
      signature: signPayload(device.privateKeyPem, text), signedAt: ts, nonce };
    const surface = role === "node" ? { commands, permissions } : {};
    return this.call("connect", { minProtocol: 3, maxProtocol: 4, client: { ...APP, mode, instanceId: device.deviceId.slice(0, 12) },
      role, scopes, caps, ...surface, auth, device: proof, locale: "en-GB", userAgent: "openclaw-ios" });
  }

  /** Answers each invocation with what `does` says for its command; an Error becomes a refusal. */
  serve(device, does) {
    this.socket.on("message", (data) => {
      const frame = JSON.parse(data.toString());
      if (frame.event !== "node.invoke.request") return;
      const { id, command, paramsJSON } = frame.payload;
      const result = does(command, paramsJSON ? JSON.parse(paramsJSON) : {});
      const answer = result instanceof Error
        ? { ok: false, error: { code: result.code, message: result.message } }
        : { ok: true, payloadJSON: JSON.stringify(result) };
      this.send("node.invoke.result", { id, nodeId: device.deviceId, ...answer });
    });
  }
}
