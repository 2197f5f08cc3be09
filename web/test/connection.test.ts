import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
// @ts-expect-error: plain JavaScript, for development and this test
import { startMock } from "../dev/mock-gateway.mjs";
import { Connection, type LinkState } from "../src/wire/connection";
import type { EventFrame } from "../src/wire/frames";
import { memoryVault } from "../src/wire/vault";

const vault = memoryVault();

vi.mock("../src/wire/vault", async (original) => ({
  ...(await original<typeof import("../src/wire/vault")>()),
  openVault: async () => vault,
}));

const pages: Page[] = [];

/** A page's connection with everything it reported. */
class Page {
  readonly states: LinkState[] = [];
  readonly events: EventFrame[] = [];
  gaps = 0;
  kept = 0;
  readonly connection: Connection;

  constructor(bootstrap: string | null) {
    const on = {
      state: (state: LinkState) => void this.states.push(state),
      event: (frame: EventFrame) => void this.events.push(frame),
      gap: () => {
        this.gaps += 1;
      },
      tokenKept: () => {
        this.kept += 1;
      },
    };
    this.connection = new Connection(on, bootstrap);
    pages.push(this);
    void this.connection.start();
  }

  reach(kind: LinkState["kind"], since = 0): Promise<LinkState> {
    return vi.waitFor(() => {
      const found = this.states.slice(since).find((state) => state.kind === kind);
      if (!found) throw new Error(`not ${kind} yet: ${this.states.map((state) => state.kind).join()}`);
      return found;
    }, 5_000);
  }
}

type Mock = { origin: string; link(): string; drop(): void; gap(): void; stop(): void; state: MockState };
type MockState = {
  pairingRequests: boolean;
  tokens: Map<string, string>;
  pending: { requestId: string; deviceId: string; scopes: string[] }[];
  paired: { deviceId: string }[];
  pair(row: object): void;
  broadcast(event: string, payload: object): void;
};

let mock: Mock;
const token = () => mock.link().split("bootstrap=")[1] ?? "";

beforeEach(async () => {
  mock = await startMock();
  vi.stubGlobal("WebSocket", WebSocket);
  vi.stubGlobal("location", { protocol: "http:", host: new URL(mock.origin).host, hash: "" });
  vi.stubGlobal("navigator", { platform: "Linux x86_64", userAgent: "Chrome/1 Linux", language: "en" });
  await vault.forgetToken();
});

afterEach(() => {
  for (const page of pages.splice(0)) page.connection.stop();
  mock.stop();
  vi.unstubAllGlobals();
});

describe("the connection", () => {
  it("gets in with a link, keeps its own token, and comes back with that", async () => {
    const first = new Page(token());
    await first.reach("online");
    expect(first.kept).toBe(1);
    expect((await vault.token())?.deviceToken).toMatch(/^[\w-]{43}$/);
    const later = new Page(null);
    await later.reach("online");
    expect(later.kept).toBe(0);
    expect(await later.connection.request("health")).toMatchObject({ ok: true });
  });

  it("has a key that nobody can read", async () => {
    const pair = await vault.keyPair(() => Promise.reject(new Error("made before")));
    expect(pair.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("pkcs8", pair.privateKey)).rejects.toThrow();
  });

  it("shows the request it waits for, and goes on by itself once approved", async () => {
    const page = new Page(null);
    const waiting = await page.reach("waiting");
    const row = mock.state.pending.at(-1);
    expect(waiting).toMatchObject({ refusal: { kind: "pairing", requestId: row?.requestId } });
    mock.state.pair({ ...row });
    await page.reach("online");
  });

  it("forgets a token the gateway no longer knows, and then asks for a link", async () => {
    await new Page(token()).reach("online");
    mock.state.tokens.clear();
    mock.state.paired = [];
    mock.state.pairingRequests = false;
    const page = new Page(null);
    expect(await page.reach("refused")).toMatchObject({ refusal: { kind: "link", why: "forgotten" } });
    expect(await vault.token()).toBeNull();
    page.connection.retryNow(token());
    await page.reach("online");
  });

  it("opened again with a used link still gets in with its token", async () => {
    const used = token();
    await new Page(used).reach("online");
    await new Page(used).reach("online");
  });

  it("reports missed events, and fails what was waiting when it is lost, then comes back", async () => {
    const page = new Page(token());
    await page.reach("online");
    mock.state.broadcast("tick", {});
    mock.gap();
    mock.state.broadcast("tick", {});
    await vi.waitFor(() => expect(page.gaps).toBe(1));
    const before = page.states.length;
    const open = page.connection.request("exec.approval.list");
    mock.drop();
    await open.catch((error: Error) => expect(error).toMatchObject({ code: "CLOSED", retryable: true }));
    await page.reach("online", before);
    await expect(page.connection.request("no.such")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });
});
