// What a refused `connect` means for the person: which page to show, and whether to try again.
import { texts, type WireError } from "./frames";

export type Refusal =
  /** Nothing (valid) to prove itself with: a new link is needed. */
  | { kind: "link"; why: "none" | "used" | "forgotten" | "other"; message: string }
  /** A request waits for somebody to approve it. */
  | { kind: "pairing"; requestId: string; reason: string; scopes: string[]; message: string }
  | { kind: "limited"; retryAfterMs: number; message: string }
  /** The gateway is there but not ready; ordinary backoff. */
  | { kind: "busy"; retryAfterMs: number | undefined; message: string }
  | { kind: "incompatible"; message: string };

export type AfterRefusal = {
  drop: "bootstrap" | "deviceToken" | "nothing";
  retry: "now" | "later" | "never";
};

const NEEDS_LINK = new Set([
  "AUTH_REQUIRED",
  "AUTH_UNAUTHORIZED",
  "AUTH_TOKEN_MISSING",
  "AUTH_TOKEN_MISMATCH",
  "AUTH_SCOPE_MISMATCH",
  "AUTH_PASSWORD_MISSING",
  "DEVICE_IDENTITY_REQUIRED",
  "CONTROL_UI_DEVICE_IDENTITY_REQUIRED",
]);
const LIMITED_DEFAULT_MS = 60_000;

export function classify(error: WireError): Refusal {
  const code = typeof error.details?.code === "string" ? error.details.code : error.code;
  const message = error.message;
  if (code === "PAIRING_REQUIRED") {
    return {
      kind: "pairing",
      requestId: String(error.details?.requestId ?? ""),
      reason: String(error.details?.reason ?? "not-paired"),
      scopes: texts(error.details?.requestedScopes),
      message,
    };
  }
  if (code === "AUTH_BOOTSTRAP_TOKEN_INVALID") return { kind: "link", why: "used", message };
  if (code === "AUTH_DEVICE_TOKEN_MISMATCH") return { kind: "link", why: "forgotten", message };
  if (NEEDS_LINK.has(code)) {
    return {
      kind: "link",
      why: code === "AUTH_TOKEN_MISSING" || code === "AUTH_REQUIRED" ? "none" : "other",
      message,
    };
  }
  if (code === "AUTH_RATE_LIMITED") {
    return { kind: "limited", retryAfterMs: error.retryAfterMs ?? LIMITED_DEFAULT_MS, message };
  }
  if (error.code === "UNAVAILABLE" || error.retryable === true) {
    return { kind: "busy", retryAfterMs: error.retryAfterMs, message };
  }
  return { kind: "incompatible", message };
}

/**
 * Returns what to do next. A used link falls back to the device token this browser may have; a token the gateway no
 * longer knows is forgotten, and one bare attempt follows so that the page can show a pairing request.
 */
export function afterRefusal(
  refusal: Refusal,
  had: { bootstrap: boolean; deviceToken: boolean },
): AfterRefusal {
  switch (refusal.kind) {
    case "link":
      if (had.bootstrap) return { drop: "bootstrap", retry: had.deviceToken ? "now" : "never" };
      if (had.deviceToken && refusal.why === "forgotten") return { drop: "deviceToken", retry: "now" };
      return { drop: "nothing", retry: "never" };
    case "pairing":
    case "limited":
    case "busy":
      return { drop: "nothing", retry: "later" };
    case "incompatible":
      return { drop: "nothing", retry: "never" };
  }
}
