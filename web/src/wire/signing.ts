// The device's half of the handshake: ids, encodings and the text that is signed (signing text v3).

export interface SigningInput {
  deviceId: string;
  clientId: string;
  clientMode: string;
  role: string;
  scopes: readonly string[];
  signedAtMs: number;
  token: string;
  nonce: string;
  platform?: string;
  deviceFamily?: string;
}

/** What the page may prove itself with; the gateway and the signature use the first one present, in this order. */
export interface AuthProof {
  token?: string;
  deviceToken?: string;
  bootstrapToken?: string;
}

export function signedToken(auth: AuthProof): string {
  return auth.token ?? auth.deviceToken ?? auth.bootstrapToken ?? "";
}

export function signingText(input: SigningInput): string {
  return [
    "v3",
    input.deviceId,
    input.clientId,
    input.clientMode,
    input.role,
    input.scopes.join(","),
    String(input.signedAtMs),
    input.token,
    input.nonce,
    normalised(input.platform),
    normalised(input.deviceFamily),
  ].join("|");
}

/** Only ASCII letters are lowercased: locale rules must not change what is signed. */
function normalised(value: string | undefined): string {
  return (value ?? "").trim().replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

export function base64Url(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Returns the device id: lowercase hex SHA-256 of the raw public key. */
export async function deviceIdOf(rawPublicKey: Uint8Array<ArrayBuffer>): Promise<string> {
  return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", rawPublicKey)));
}
