import { describe, expect, it } from "vitest";
import { reduceChat } from "../src/chat/reduce";
import { emptyChat } from "../src/chat/types";
import { escapeHtml, safeImage, safeLink } from "../src/parts/urls";
import { readBots, readStranger } from "../src/store/channels";
import { keepOutbox, readOutbox, type Storage } from "../src/store/outbox";
import { parseRoute, routeHash } from "../src/store/route";
import { applyChange, originOfKey, readSession, titleOfKey } from "../src/store/session-rows";
import { agentRows, channelRows } from "../src/store/status-rows";

function memory(fail = false): Storage & { values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    getItem: (key) => values.get(key) ?? null,
    setItem: (key, value) => {
      if (fail) throw new Error("quota");
      values.set(key, value);
    },
    removeItem: (key) => void values.delete(key),
  };
}

describe("the outbox", () => {
  const item = { key: "k1", sessionKey: "s", text: "hi", attachments: [], createdAt: 5 };
  const chat = () => reduceChat(emptyChat("s"), { type: "queued", item });

  it("comes back after a reload, with the same key", () => {
    const storage = memory();
    keepOutbox(storage, [chat()]);
    expect(readOutbox(storage)).toEqual([item]);
  });

  it("is empty once everything was accepted", () => {
    const storage = memory();
    keepOutbox(storage, [chat()]);
    keepOutbox(storage, [
      reduceChat(chat(), { type: "accepted", key: "k1", runId: "k1", ended: false, now: 1 }),
    ]);
    expect(storage.values.size).toBe(0);
  });

  it("survives a full or spoilt storage", () => {
    expect(() => keepOutbox(memory(true), [chat()])).not.toThrow();
    const storage = memory();
    storage.values.set("landline.outbox", '[{"key":1},"x",null]');
    expect(readOutbox(storage)).toEqual([]);
    storage.values.set("landline.outbox", "{");
    expect(readOutbox(storage)).toEqual([]);
  });
});

describe("routes", () => {
  it("are read back as they were written, whatever the session key holds", () => {
    for (const session of ["agent:main:main", "a/b?c#d", "späße %"]) {
      expect(parseRoute(routeHash({ page: "chat", session }))).toEqual({ page: "chat", session });
    }
    expect(parseRoute("#/devices")).toEqual({ page: "devices" });
    expect(parseRoute("#/status")).toEqual({ page: "status" });
    expect(parseRoute("")).toEqual({ page: "chat", session: undefined });
    expect(parseRoute("#/chat/%E0%A4%A")).toEqual({ page: "chat", session: "%E0%A4%A" });
  });
});

describe("the session list", () => {
  const row = (key: string, updatedAt: number) =>
    readSession({ key, updatedAt, derivedTitle: key }) ?? expect.fail();

  it("names a session by its label, then by what was said, then by its key", () => {
    expect(readSession({ key: "k", label: "L", derivedTitle: "D" })?.title).toBe("L");
    expect(readSession({ key: "k", derivedTitle: "D" })?.title).toBe("D");
    expect(titleOfKey("agent:main:main")).toBe("Main");
    expect(titleOfKey("agent:main:0190b0c2-1111-7222-8333-444455556666")).toBe("New chat");
    expect(readSession({ label: "no key" })).toBeNull();
  });

  it("applies changes, newest first, and asks to be read again for what it does not know", () => {
    const list = [row("b", 2), row("a", 1)];
    const changed = applyChange(list, { sessionKey: "a", updatedAt: 3, phase: "start" });
    expect(changed?.map((other) => [other.key, other.running])).toEqual([
      ["a", true],
      ["b", false],
    ]);
    expect(
      applyChange(list, { sessionKey: "a", label: "Named" })?.find((other) => other.key === "a")?.title,
    ).toBe("Named");
    expect(applyChange(list, { sessionKey: "b", reason: "delete" })?.map((other) => other.key)).toEqual([
      "a",
    ]);
    expect(applyChange(list, { sessionKey: "new", updatedAt: 9 })).toBeNull();
  });
});

describe("status", () => {
  it("joins agents with who answers for them and why", () => {
    const list = {
      defaultId: "main",
      agents: [
        { id: "main", model: { primary: "m" } },
        { id: "b", executor: "builtin" },
      ],
    };
    const rows = agentRows(list, {
      agents: [{ id: "main", executor: "claude_code", reason: "found on the PATH" }],
    });
    expect(rows[0]).toMatchObject({
      isDefault: true,
      executor: "claude_code",
      reason: "found on the PATH",
      model: "m",
    });
    expect(rows[1]).toMatchObject({ isDefault: false, executor: "builtin", reason: undefined });
  });

  it("tells what is wrong with a channel", () => {
    const rows = channelRows({
      channelOrder: ["t", "d", "x"],
      channelLabels: { t: "T" },
      channels: { t: { configured: true, running: true }, d: { configured: true } },
      channelAccounts: { d: [{ lastError: "refused" }] },
    });
    expect(rows.map((row) => [row.label, row.state])).toEqual([
      ["T", "connected"],
      ["d", "error"],
      ["x", "off"],
    ]);
    expect(channelRows(null)).toEqual([]);
  });
});

describe("addresses in messages", () => {
  it("open only web pages and mail", () => {
    expect(safeLink("https://example.org/a")).toBe("https://example.org/a");
    expect(safeLink("mailto:ada@example.org")).not.toBeNull();
    for (const bad of [
      "javascript:alert(1)",
      " JaVaScRiPt:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "#x",
      "//evil.test",
    ]) {
      expect(safeLink(bad)).toBeNull();
    }
  });

  it("load pictures only from the page itself", () => {
    const origin = "http://127.0.0.1:18789";
    expect(safeImage("/favicon.svg", origin)).toBe(`${origin}/favicon.svg`);
    expect(safeImage("data:image/png;base64,aGk=", origin)).not.toBeNull();
    for (const bad of [
      "https://evil.test/x.png",
      "//evil.test/x.png",
      "data:image/svg+xml;base64,aGk=",
      "data:text/html,x",
      "javascript:1",
    ]) {
      expect(safeImage(bad, origin)).toBeNull();
    }
  });

  it("and text are escaped", () => {
    expect(escapeHtml(`<a href="x" title='y'>&`)).toBe("&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;");
  });
});

describe("channels", () => {
  it("shows where a chat is held", () => {
    expect(originOfKey("agent:main:telegram:direct:7")).toBe("telegram");
    expect(originOfKey("agent:main:discord:channel:5:thread:9")).toBe("discord");
    expect(originOfKey("agent:main:direct:ann")).toBeUndefined();
    expect(originOfKey("agent:main:main")).toBeUndefined();
    expect(originOfKey("agent:main:notes")).toBeUndefined();
  });

  it("reads bots and those who ask, whatever is missing", () => {
    const [bot] = readBots({
      channelLabels: { telegram: "Telegram" },
      channelAccounts: { telegram: [{ accountId: "main", handle: "my_bot", running: true, unknown: 2 }] },
    });
    expect(bot).toMatchObject({
      label: "Telegram",
      name: "@my_bot",
      running: true,
      connected: false,
      unknown: 2,
    });
    expect(readBots(null)).toEqual([]);
    expect(readStranger({ requestId: "ABCD2345", senderId: "7" })).toMatchObject({
      code: "ABCD2345",
      name: "7",
    });
  });
});
