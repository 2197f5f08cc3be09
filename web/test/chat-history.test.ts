import { describe, expect, it } from "vitest";
import { isRunning, wantsHistory } from "../src/chat/reduce";
import { assistant, said, Talk, user } from "./support";

describe("the transcript", () => {
  it("is in the order of its numbers, each row once, however it arrives", () => {
    const talk = new Talk().history([user(1, "a", "k1"), assistant(2, "b", "k1")]);
    talk
      .message(assistant(4, "d", "k2"))
      .message(user(3, "c", "k2"))
      .message(user(3, "c", "k2"));
    expect(talk.shown).toEqual(["user[sent] a", "assistant[final] b", "user[sent] c", "assistant[final] d"]);
  });

  it("grows at its beginning when older rows are read", () => {
    const talk = new Talk().history([user(3, "c"), assistant(4, "d", "r2")], { hasMore: true });
    expect(talk.state.hasOlder).toBe(true);
    talk.older([user(1, "a"), assistant(2, "b", "r1"), user(3, "c")]);
    expect(talk.shown).toHaveLength(4);
    expect(talk.state.hasOlder).toBe(false);
  });

  it("keeps older rows across a re-read that reaches back to them", () => {
    const talk = new Talk()
      .history([user(3, "c"), assistant(4, "d", "r2")], { hasMore: true })
      .older([user(1, "a")]);
    talk.history([assistant(4, "d", "r2"), user(5, "e")], { hasMore: true });
    expect(talk.state.history.map((row) => row.seq)).toEqual([1, 3, 4, 5]);
    expect(talk.state.hasOlder).toBe(false);
  });

  it("starts over when rows in between are missing", () => {
    const talk = new Talk().history([user(1, "a")]).history([user(90, "z")], { hasMore: true });
    expect(talk.state.history.map((row) => row.seq)).toEqual([90]);
    expect(talk.state.hasOlder).toBe(true);
  });

  it("drops rows that are no longer there", () => {
    const talk = new Talk().history([user(1, "a"), assistant(2, "b")]).history([]);
    expect(talk.shown).toEqual([]);
  });

  it("keeps a row that arrived while an older answer was on its way", () => {
    const talk = new Talk().history([user(1, "a")]);
    const askedAt = talk.state.clock;
    talk.message(assistant(2, "b", "r")).history([user(1, "a")], {}, askedAt);
    expect(talk.shown).toEqual(["user[sent] a", "assistant[final] b"]);
  });

  it("tells how a stored answer ended", () => {
    const talk = new Talk().history([
      assistant(1, "part", "r1", { stopReason: "aborted" }),
      assistant(2, "", "r2", { stopReason: "error", errorMessage: "overloaded" }),
    ]);
    expect(talk.rows.map((row) => [row.state, row.note])).toEqual([
      ["aborted", undefined],
      ["error", "overloaded"],
    ]);
  });
});

describe("after a reconnect or a gap", () => {
  const lost = () =>
    new Talk()
      .history([])
      .send("r", "hi")
      .message(user(1, "hi", "r"))
      .delta("r", 1, "One ", "One ");
  const live = (text: string) => ({ inFlightRun: { runId: "r", text, startedAt: 5, events: [] } });

  it("says once why a run failed, when the reason is stored as its text too", () => {
    const lost = { stopReason: "error", errorMessage: "The gateway stopped." };
    const talk = new Talk().history([user(1, "hi", "r"), assistant(2, "The gateway stopped.", "r", lost)]);
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[error]"]);
    expect(talk.rows.at(-1)?.note).toBe("The gateway stopped.");
  });

  it("a run that goes on catches up and follows", () => {
    const talk = lost()
      .do({ type: "disconnected" })
      .history([user(1, "hi", "r")], live("One two "));
    expect(talk.shown.at(-1)).toBe("assistant[streaming] One two");
    talk.delta("r", 9, "three", "One two three");
    expect(talk.shown.at(-1)).toBe("assistant[streaming] One two three");
  });

  it("an older snapshot does not shorten what was seen meanwhile", () => {
    const talk = lost();
    const askedAt = talk.state.clock;
    talk.delta("r", 2, "two", "One two").history([user(1, "hi", "r")], live("One "), askedAt);
    expect(talk.shown.at(-1)).toBe("assistant[streaming] One two");
  });

  it("replays the tools of the running answer once", () => {
    const data = { phase: "start", name: "Bash", toolCallId: "t1", args: {} };
    const events = [{ runId: "r", seq: 1, stream: "tool", data }];
    const inFlightRun = { runId: "r", text: "One ", startedAt: 5, events };
    const talk = lost()
      .agent("r", 1, "tool", data)
      .history([user(1, "hi", "r")], { inFlightRun });
    expect(talk.shown.at(-1)).toBe("assistant[streaming] One {Bash running}");
  });

  it("a run whose end was missed is replaced by its stored answer", () => {
    const talk = lost().history([user(1, "hi", "r"), assistant(2, "One two three", "r")]);
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] One two three"]);
    expect(isRunning(talk.state)).toBe(false);
    expect(wantsHistory(talk.state)).toBe(false);
  });

  it("a run presumed ended comes back when it speaks again", () => {
    const talk = lost().history([user(1, "hi", "r")]);
    expect(isRunning(talk.state)).toBe(false);
    talk.delta("r", 2, "two", "One two");
    expect(talk.shown.at(-1)).toBe("assistant[streaming] One two");
    expect(talk.chat("r", 3, "final", said("One two.")).shown.at(-1)).toBe("assistant[final] One two.");
  });

  it("a run that began after the question was asked is not ended by the answer", () => {
    const talk = new Talk().history([]);
    const askedAt = talk.state.clock;
    talk
      .send("r", "hi")
      .message(user(1, "hi", "r"))
      .history([user(1, "hi", "r")], {}, askedAt);
    expect(isRunning(talk.state)).toBe(true);
  });

  it("a run known only as active is shown as running", () => {
    const talk = new Talk().history([user(1, "hi", "r")], { sessionInfo: { activeRunIds: ["r"] } });
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[streaming]"]);
  });
});

describe("every order of arrival", () => {
  it("ends in the same conversation", () => {
    const steps: ((talk: Talk) => void)[] = [
      (talk) => talk.accepted("r"),
      (talk) => talk.message(user(1, "hi", "r")),
      (talk) => talk.delta("r", 1, "He", "He"),
      (talk) => talk.chat("r", 3, "final", said("Hello")),
      (talk) => talk.message(assistant(2, "Hello", "r")),
    ];
    for (const order of permutations(steps)) {
      const talk = new Talk().history([]).queue("r", "hi").do({ type: "sending", key: "r" });
      for (const step of order) {
        step(talk);
        expect(talk.rows.filter((row) => row.role === "user")).toHaveLength(1);
        expect(talk.rows.filter((row) => row.role === "assistant").length).toBeLessThanOrEqual(1);
      }
      talk.history([user(1, "hi", "r"), assistant(2, "Hello", "r")]);
      expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] Hello"]);
      expect(wantsHistory(talk.state)).toBe(false);
    }
  });
});

function permutations<T>(items: T[]): T[][] {
  if (items.length < 2) return [items];
  return items.flatMap((item, index) =>
    permutations(items.filter((_, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}
