import { describe, expect, it } from "vitest";
import { backoffMs, LONGEST_DELAY_MS } from "../src/wire/backoff";
import { splitFragment } from "../src/wire/bootstrap";
import { parseFrame, RequestError } from "../src/wire/frames";
import { readHello } from "../src/wire/hello";
import { afterRefusal, classify } from "../src/wire/refusal";
import { base64Url, deviceIdOf, signedToken, signingText } from "../src/wire/signing";

const SEED = "0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20";
const PUBLIC = "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664";
const DEVICE_ID = "65b60673d6ed884bf01c2c222d82ada0740f29ac3355d6a925c81f17f47a27b8";
const NONCE = "11111111-2222-4333-8444-555555555555";

const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

async function sign(text: string): Promise<string> {
  const pkcs8 = bytes(`302e020100300506032b657004220420${SEED}`);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return base64Url(new Uint8Array(await crypto.subtle.sign("Ed25519", key, new TextEncoder().encode(text))));
}

describe("the device's signature", () => {
  it("names the device by the hash of its key", async () => {
    expect(await deviceIdOf(bytes(PUBLIC))).toBe(DEVICE_ID);
    expect(base64Url(bytes(PUBLIC))).toBe("ebVWLo_mVPlAeLES6KmLp5AfhTrmlb7X4OORC60ElmQ");
  });

  it("is the one of the published operator vector", async () => {
    const text = signingText({
      deviceId: DEVICE_ID,
      clientId: "cli",
      clientMode: "cli",
      role: "operator",
      scopes: ["operator.read", "operator.write"],
      signedAtMs: 1_700_000_000_000,
      token: "test-token",
      nonce: NONCE,
      platform: "linux",
      deviceFamily: "linux",
    });
    expect(await sign(text)).toBe(
      "-AWN6y6PUmcgWFLGJWHPPJ0Eh-jREQs_daZqsK7HrQepIVPCW4nlTNKjuEMlMTsfSjqyUoo6QAD5fRphJ-afBQ",
    );
  });

  it("is the one of the published node vector: trimmed, lowercased, no scopes, no token", async () => {
    const text = signingText({
      deviceId: DEVICE_ID,
      clientId: "node-host",
      clientMode: "node",
      role: "node",
      scopes: [],
      signedAtMs: 1_700_000_000_000,
      token: "",
      nonce: NONCE,
      platform: " macOS ",
      deviceFamily: "Mac",
    });
    expect(await sign(text)).toBe(
      "Rm4WBYv-jkHf0g3Qx2ZrJlvF3K3VG28-m8xfKQMrEds0oF081MvTNUxzbSyX8Oh8huqHiUGLeVulusRX-5RtBQ",
    );
  });

  it("covers the first proof present", () => {
    expect(signedToken({ token: "a", deviceToken: "b", bootstrapToken: "c" })).toBe("a");
    expect(signedToken({ deviceToken: "b", bootstrapToken: "c" })).toBe("b");
    expect(signedToken({ bootstrapToken: "c" })).toBe("c");
    expect(signedToken({})).toBe("");
  });
});

describe("frames", () => {
  it("are responses or events, or nothing", () => {
    expect(parseFrame('{"type":"res","id":"1","ok":true,"payload":{"a":1}}')).toMatchObject({
      ok: true,
      payload: { a: 1 },
    });
    expect(parseFrame('{"type":"event","event":"tick","seq":3}')).toMatchObject({ event: "tick", seq: 3 });
    for (const bad of ["", "[]", "null", '{"type":"req","id":"1"}', '{"type":"event"}', new Blob([])]) {
      expect(parseFrame(bad)).toBeNull();
    }
  });

  it("keep the reason of a refusal", () => {
    const frame = parseFrame(
      '{"type":"res","id":"1","ok":false,"error":{"code":"UNAVAILABLE","message":"m","retryAfterMs":5}}',
    );
    if (frame?.type !== "res" || !frame.error) throw new Error("no error");
    expect(new RequestError(frame.error)).toMatchObject({
      code: "UNAVAILABLE",
      retryable: true,
      retryAfterMs: 5,
    });
  });

  it("of hello-ok may lack everything", () => {
    expect(readHello({})).toMatchObject({
      mainSessionKey: "agent:main:main",
      deviceToken: undefined,
      scopes: [],
    });
  });
});

describe("the one-time link", () => {
  it("gives its token and leaves nothing behind", () => {
    expect(splitFragment("#bootstrap=abc_DEF-1234")).toEqual({ token: "abc_DEF-1234", rest: "" });
    expect(splitFragment("#bootstrap=abcdefgh&/devices")).toEqual({ token: "abcdefgh", rest: "#/devices" });
  });

  it("cannot name a gateway", () => {
    for (const fragment of ["#gatewayUrl=ws://evil.test", "#token=abcdefgh", "#/chat/bootstrap=abcdefgh"]) {
      expect(splitFragment(fragment)).toEqual({ token: null, rest: fragment });
    }
    expect(splitFragment("#bootstrap=abcdefgh&gatewayUrl=ws://evil.test")).toEqual({
      token: "abcdefgh",
      rest: "",
    });
  });

  it("with a broken token is still taken out of the address", () => {
    expect(splitFragment("#bootstrap=%E0%A4%A")).toEqual({ token: null, rest: "" });
    expect(splitFragment("#bootstrap=a b<c>")).toEqual({ token: null, rest: "" });
  });
});

describe("a refused connect", () => {
  const refuse = (code: string, more: object = {}) =>
    classify({ code: "INVALID_REQUEST", message: "m", details: { code, ...more } });
  const nothing = { bootstrap: false, deviceToken: false };

  it("that waits for an approval says which, and is tried again", () => {
    const refusal = refuse("PAIRING_REQUIRED", { requestId: "r1", reason: "not-paired" });
    expect(refusal).toMatchObject({ kind: "pairing", requestId: "r1" });
    expect(afterRefusal(refusal, nothing)).toEqual({ drop: "nothing", retry: "later" });
  });

  it("forgets a device token that the gateway does not know, and asks once more without", () => {
    const refusal = refuse("AUTH_DEVICE_TOKEN_MISMATCH");
    expect(afterRefusal(refusal, { bootstrap: false, deviceToken: true })).toEqual({
      drop: "deviceToken",
      retry: "now",
    });
    expect(afterRefusal(refusal, nothing)).toEqual({ drop: "nothing", retry: "never" });
  });

  it("falls back from a used link to the token this browser has", () => {
    const refusal = refuse("AUTH_BOOTSTRAP_TOKEN_INVALID");
    expect(afterRefusal(refusal, { bootstrap: true, deviceToken: true })).toEqual({
      drop: "bootstrap",
      retry: "now",
    });
    expect(afterRefusal(refusal, { bootstrap: true, deviceToken: false })).toEqual({
      drop: "bootstrap",
      retry: "never",
    });
  });

  it("never hammers a gateway that says no", () => {
    for (const code of [
      "AUTH_TOKEN_MISSING",
      "DEVICE_IDENTITY_REQUIRED",
      "PROTOCOL_MISMATCH",
      "CONTROL_UI_ORIGIN_NOT_ALLOWED",
    ]) {
      expect(afterRefusal(refuse(code), nothing).retry).toBe("never");
    }
    expect(
      classify({
        code: "INVALID_REQUEST",
        message: "m",
        details: { code: "AUTH_RATE_LIMITED" },
        retryAfterMs: 9,
      }),
    ).toMatchObject({
      kind: "limited",
      retryAfterMs: 9,
    });
    expect(classify({ code: "UNAVAILABLE", message: "starting", retryAfterMs: 500 })).toMatchObject({
      kind: "busy",
    });
  });
});

describe("the wait before the next attempt", () => {
  it("doubles, is bounded, and varies by a quarter", () => {
    expect([0, 1, 2].map((attempt) => backoffMs(attempt, 0.5))).toEqual([500, 1_000, 2_000]);
    expect(backoffMs(40, 0.5)).toBe(LONGEST_DELAY_MS);
    expect(backoffMs(0, 0)).toBe(375);
    expect(backoffMs(0, 1)).toBe(625);
  });
});
