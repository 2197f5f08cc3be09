import { describe, expect, it } from "vitest";
import { isRunning, wantsHistory } from "../src/chat/reduce";
import { assistant, said, Talk, user } from "./support";

const started = () =>
  new Talk()
    .history([])
    .send("r", "hi")
    .message(user(1, "hi", "r"));
const answer = (talk: Talk) => talk.shown.at(-1);

describe("an answer in the making", () => {
  it("appends deltas and ends with the final text", () => {
    const talk = started().delta("r", 1, "Hel").delta("r", 2, "lo");
    expect(answer(talk)).toBe("assistant[streaming] Hello");
    talk.chat("r", 3, "final", said("Hello!"));
    expect(answer(talk)).toBe("assistant[final] Hello!");
    expect(isRunning(talk.state)).toBe(false);
  });

  it("ignores duplicates and deltas that were overtaken", () => {
    const talk = started()
      .delta("r", 1, "a")
      .delta("r", 3, "c", "abc")
      .delta("r", 2, "b", "ab")
      .delta("r", 3, "c");
    expect(answer(talk)).toBe("assistant[streaming] abc");
  });

  it("takes an end and a whole text that have the number of the event before", () => {
    const talk = started().delta("r", 3, "a", "a").delta("r", 3, "b", "ab");
    expect(answer(talk)).toBe("assistant[streaming] ab");
    talk.chat("r", 3, "aborted", { ...said("ab"), stopReason: "rpc" });
    expect(answer(talk)).toBe("assistant[aborted] ab");
  });

  it("prefers the cumulative message, which heals a dropped delta", () => {
    expect(answer(started().delta("r", 1, "a", "a").delta("r", 5, "e", "abcde"))).toBe(
      "assistant[streaming] abcde",
    );
  });

  it("replaces the text when it was rewritten", () => {
    const talk = started().delta("r", 1, "first try");
    talk.chat("r", 2, "delta", { deltaText: "second", replace: true });
    expect(answer(talk)).toBe("assistant[streaming] second");
  });

  it("keeps the partial text when stopped, and stays stopped", () => {
    const talk = started()
      .delta("r", 1, "partial")
      .chat("r", 2, "aborted", { stopReason: "rpc" })
      .delta("r", 3, "late");
    expect(answer(talk)).toBe("assistant[aborted] partial");
  });

  it("shows why it failed, below its own question, whatever comes later", () => {
    const talk = started().chat("r", 1, "error", { errorMessage: "overloaded" });
    expect(talk.rows.at(-1)).toMatchObject({ state: "error", note: "overloaded" });
    talk.message(user(2, "again", "r2")).message(assistant(3, "ok", "r2"));
    expect(talk.shown).toEqual([
      "user[sent] hi",
      "assistant[error]",
      "user[sent] again",
      "assistant[final] ok",
    ]);
  });

  it("shows what it is doing until there is text", () => {
    const talk = started().chat("r", 1, "status", { phase: "preparing_workspace" });
    expect(talk.rows.at(-1)?.note).toBe("Preparing workspace");
    talk.agent("r", 1, "lifecycle", {
      phase: "retry",
      attempt: 2,
      message: "Rate limited, trying again in 4 s",
    });
    expect(talk.rows.at(-1)?.note).toBe("Rate limited, trying again in 4 s");
    const failed = { attempt: 2, maxAttempts: 10, delayMs: 500, error: "overloaded" };
    talk.agent("r", 2, "retry", failed);
    expect(talk.rows.at(-1)?.note).toBe("Trying again (2 of 10): overloaded");
    expect(talk.delta("r", 2, "x").rows.at(-1)?.note).toBeUndefined();
  });

  it("leaves nothing behind when it ends without a word", () => {
    expect(started().chat("r", 1, "final").shown).toEqual(["user[sent] hi"]);
  });

  it("is seen here although another client asked", () => {
    const talk = new Talk().history([]).delta("other", 4, "hello", "hello");
    expect(talk.shown).toEqual(["assistant[streaming] hello"]);
  });
});

describe("an answer and its stored row", () => {
  it("become one row, with one key, whichever comes first", () => {
    const end = said("Hello");
    const rowFirst = started()
      .delta("r", 1, "Hello")
      .message(assistant(2, "Hello", "r"));
    const key = rowFirst.rows.at(-1)?.key;
    expect(rowFirst.shown).toHaveLength(2);
    rowFirst.chat("r", 2, "final", end);
    expect(rowFirst.shown).toEqual(["user[sent] hi", "assistant[final] Hello"]);
    const eventFirst = started().chat("r", 1, "final", end);
    expect(wantsHistory(eventFirst.state)).toBe(true);
    expect(eventFirst.rows.at(-1)?.key).toBe(key);
    eventFirst.history([user(1, "hi", "r"), assistant(2, "Hello", "r")]);
    expect(eventFirst.shown).toEqual(["user[sent] hi", "assistant[final] Hello"]);
    expect(eventFirst.rows.at(-1)?.key).toBe(key);
    expect(wantsHistory(eventFirst.state)).toBe(false);
  });

  it("do not hide the end when only a first part is stored", () => {
    const talk = started()
      .message(assistant(2, "First part. ", "r"))
      .chat("r", 1, "final", said("First part. And the end."));
    expect(answer(talk)).toBe("assistant[final] First part. And the end.");
    expect(wantsHistory(talk.state)).toBe(true);
  });

  it("agree once the page was read after the end, even when worded differently", () => {
    const talk = started().chat("r", 1, "final", said("Hello  **you**"));
    talk.history([user(1, "hi", "r"), assistant(2, "Hello you", "r")]);
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] Hello you"]);
  });

  it("of an injected note, which names no run, are not doubled", () => {
    const talk = new Talk().history([]).chat("inject-1", 0, "final", said("[cron]\n\ndone"));
    talk.history([assistant(1, "[cron]\n\ndone")]);
    expect(talk.shown).toHaveLength(1);
  });

  it("ignore late events of a run that the transcript already answered", () => {
    const talk = new Talk()
      .history([user(1, "hi", "r"), assistant(2, "Hello", "r")])
      .delta("r", 3, "x", "Hello x");
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] Hello"]);
  });
});

describe("tools", () => {
  const call = { phase: "start", name: "Bash", toolCallId: "t1", args: { command: "ls" } };

  it("stand where they were called, and keep their result", () => {
    const talk = started().delta("r", 1, "Looking. ", "Looking. ").agent("r", 1, "tool", call);
    talk.delta("r", 2, "Found.", "Looking. Found.");
    expect(answer(talk)).toBe("assistant[streaming] Looking. {Bash running}Found.");
    talk.agent("r", 2, "tool", {
      phase: "result",
      name: "Bash",
      toolCallId: "t1",
      isError: false,
      result: "a.txt",
    });
    talk.agent("r", 2, "tool", {
      phase: "result",
      name: "Bash",
      toolCallId: "t1",
      isError: true,
      result: "twice",
    });
    const part = talk.rows.at(-1)?.parts[1];
    expect(part).toMatchObject({
      kind: "tool",
      tool: { state: "done", result: "a.txt", args: { command: "ls" } },
    });
  });

  it("seen as tool and as item are one", () => {
    const talk = started().agent("r", 1, "tool", call);
    talk.agent("r", 2, "item", {
      kind: "tool",
      phase: "start",
      itemId: "i1",
      toolCallId: "t1",
      name: "Bash",
    });
    talk.agent("r", 3, "command_output", { itemId: "t1", phase: "delta", output: "a" });
    talk.agent("r", 4, "command_output", { itemId: "t1", phase: "delta", output: "b" });
    expect(talk.rows.at(-1)?.parts).toHaveLength(1);
    expect(talk.rows.at(-1)?.parts[0]).toMatchObject({ tool: { result: "ab", state: "running" } });
  });

  it("that were running when the run was stopped did not succeed", () => {
    const talk = started().agent("r", 1, "tool", call).chat("r", 1, "aborted");
    expect(talk.rows.at(-1)?.parts[0]).toMatchObject({ tool: { state: "error" } });
  });

  it("in the transcript join their results, across rows of one run", () => {
    const toolCall = { type: "toolCall", id: "t1", name: "Bash", arguments: { command: "ls" } };
    const result = {
      role: "toolResult",
      toolCallId: "t1",
      toolName: "Bash",
      content: [{ type: "text", text: "a.txt" }],
    };
    const talk = new Talk().history([
      user(1, "hi", "r"),
      { ...assistant(2, "", "r"), content: [{ type: "text", text: "Looking." }, toolCall] },
      { ...result, __openclaw: { id: "t", seq: 3, runId: "r" } },
      assistant(4, "Found.", "r"),
    ]);
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] Looking.{Bash done}Found."]);
  });

  it("stored before the run has ended are not shown twice", () => {
    const talk = started().agent("r", 1, "tool", call);
    talk.message({ ...assistant(2, "", "r"), content: [{ type: "toolCall", id: "t1", name: "Bash" }] });
    expect(answer(talk)).toBe("assistant[streaming] {Bash running}");
  });
});
