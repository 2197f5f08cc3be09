// The device identity of this browser: an Ed25519 key that no script can read, and signatures made with it.
import { base64Url, deviceIdOf, type SigningInput, signingText } from "./signing";
import type { Vault } from "./vault";

export interface Identity {
  deviceId: string;
  publicKey: string;
  sign(input: Omit<SigningInput, "deviceId">): Promise<string>;
}

/** Why this browser can have no identity; the page explains it instead of failing. */
export type IdentityObstacle = "insecure-context" | "no-ed25519";

export class IdentityError extends Error {
  readonly obstacle: IdentityObstacle;

  constructor(obstacle: IdentityObstacle) {
    super(obstacle);
    this.name = "IdentityError";
    this.obstacle = obstacle;
  }
}

export async function loadIdentity(vault: Vault): Promise<Identity> {
  if (!globalThis.crypto?.subtle) throw new IdentityError("insecure-context");
  const pair = await vault.keyPair(makeKeyPair);
  const raw = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  const deviceId = await deviceIdOf(raw);
  return {
    deviceId,
    publicKey: base64Url(raw),
    sign: async (input) => {
      const bytes = new TextEncoder().encode(signingText({ ...input, deviceId }));
      return base64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, bytes)));
    },
  };
}

async function makeKeyPair(): Promise<CryptoKeyPair> {
  try {
    // `false`: the private key stays inside the browser; only the public half can be exported.
    return (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"])) as CryptoKeyPair;
  } catch {
    throw new IdentityError("no-ed25519");
  }
}
