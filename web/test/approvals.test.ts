// Links to a request, and what is said of one that has ended.
import { describe, expect, test } from "vitest";
import { outcome, readAsked } from "../src/store/approval-history";
import { parseRoute, routeHash } from "../src/store/route";

const ROW = {
  id: "a-1",
  urlPath: "/#/approvals/a-1",
  createdAtMs: 1,
  expiresAtMs: 9,
  presentation: { kind: "exec", commandText: "ls -l", nodeId: "n1", allowedDecisions: ["deny"] },
  status: "denied",
  resolvedAtMs: 2,
  decision: "deny",
  resolver: { kind: "device", id: "device:d1" },
  source: { agentId: "main", sessionKey: "agent:main:main" },
};

describe("addresses", () => {
  test("the gateway's own link to a request leads to it", () => {
    const here = parseRoute(ROW.urlPath.slice(1));
    expect(here).toEqual({ page: "approvals", id: "a-1" });
    expect(routeHash(here)).toBe("#/approvals/a-1");
  });

  test("every page is found again by its address", () => {
    for (const page of ["approvals", "channels", "nodes", "devices", "status"]) {
      expect(routeHash(parseRoute(`#/${page}`))).toBe(`#/${page}`);
    }
    expect(parseRoute("#/chat/agent%3Amain%3Ax")).toEqual({ page: "chat", session: "agent:main:x" });
    expect(parseRoute("#/nowhere/x")).toEqual({ page: "chat", session: undefined });
  });
});

describe("a request that has ended", () => {
  test("says what it was about and who answered", () => {
    const asked = readAsked(ROW);
    expect(asked?.approval).toMatchObject({
      command: "ls -l",
      nodeId: "n1",
      agentId: "main",
      sessionKey: "agent:main:main",
    });
    expect(asked?.by).toBe("device:d1");
    expect(asked && outcome(asked)).toBe("denied");
  });

  test("says why when nobody answered", () => {
    const words = (more: object) => {
      const asked = readAsked({ ...ROW, decision: undefined, resolver: { kind: "system" }, ...more });
      return asked ? [outcome(asked), asked.by] : null;
    };
    expect(words({ status: "expired" })).toEqual(["denied: nobody answered in time", undefined]);
    expect(words({ status: "cancelled", reason: "run-aborted" })?.[0]).toMatch(/run ended/);
    expect(words({ status: "cancelled", reason: "gateway-restart" })?.[0]).toMatch(/gateway/);
    expect(words({ status: "allowed", decision: "allow-always" })?.[0]).toBe("allowed always");
    expect(readAsked({})).toBeNull();
  });
});
