// Device identities for clients: an Ed25519 key, its id, and the signature a `connect` carries (protocol 3.4).
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from "node:crypto";

/** A new device identity in the form `@openclaw/gateway-client` takes. */
export function newDevice() {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const publicKeyPem = publicKey.export({ type: "spki", format: "pem" });
  return {
    deviceId: createHash("sha256").update(rawPublicKey(publicKeyPem)).digest("hex"),
    privateKeyPem: privateKey.export({ type: "pkcs8", format: "pem" }),
    publicKeyPem,
  };
}

/** The raw 32 bytes of a public key in PEM (an Ed25519 SPKI ends with them). */
export function rawPublicKey(pem) {
  return createPublicKey(pem).export({ type: "spki", format: "der" }).subarray(-32);
}

/** base64url without padding. */
export function base64url(bytes) {
  return Buffer.from(bytes).toString("base64url");
}

/** Signs `payload` with the PEM key; the answer is base64url without padding. */
export function signPayload(privateKeyPem, payload) {
  return base64url(sign(null, Buffer.from(payload, "utf8"), createPrivateKey(privateKeyPem)));
}

/** The `device` block of a `connect`, signed with the v3 text (protocol 3.4). */
export function signedDevice(device, { client, role, scopes, token, challenge }) {
  const platform = (client.platform ?? "").trim().toLowerCase();
  const family = (client.deviceFamily ?? "").trim().toLowerCase();
  const text = ["v3", device.deviceId, client.id, client.mode, role, scopes.join(","), challenge.ts, token ?? "",
    challenge.nonce, platform, family].join("|");
  return {
    id: device.deviceId,
    publicKey: base64url(rawPublicKey(device.publicKeyPem)),
    signature: signPayload(device.privateKeyPem, text),
    signedAt: challenge.ts,
    nonce: challenge.nonce,
  };
}

/** Everything `GatewayClient` wants from its host for device authentication, tokens kept in `store`. */
export function hostDeps(device, store = new Map()) {
  return {
    store,
    loadOrCreateDeviceIdentity: () => device,
    signDevicePayload: signPayload,
    publicKeyRawBase64UrlFromPem: (pem) => base64url(rawPublicKey(pem)),
    loadDeviceAuthToken: ({ deviceId, role }) => store.get(`${deviceId}/${role}`) ?? null,
    storeDeviceAuthToken: ({ deviceId, role, token, scopes }) => void store.set(`${deviceId}/${role}`, { token, scopes }),
    clearDeviceAuthToken: ({ deviceId, role }) => void store.delete(`${deviceId}/${role}`),
  };
}
