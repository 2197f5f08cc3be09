import { describe, expect, it } from "vitest";
import { nextToSend, wantsHistory } from "../src/chat/reduce";
import { assistant, said, Talk, user } from "./support";

describe("a message on its way", () => {
  it("goes from queued to stored as one row with one key", () => {
    const talk = new Talk().history([]).queue("k1", "hi");
    expect(talk.shown).toEqual(["user[queued] hi"]);
    const key = talk.rows[0]?.key;
    talk.do({ type: "sending", key: "k1" });
    expect(talk.shown).toEqual(["user[sending] hi"]);
    talk.accepted("k1");
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[streaming]"]);
    talk.message(user(1, "hi", "k1"));
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[streaming]"]);
    expect(talk.rows[0]?.key).toBe(key);
  });

  it("is not doubled when its stored row arrives before the answer to chat.send", () => {
    const talk = new Talk().history([]).queue("k1", "hi").do({ type: "sending", key: "k1" });
    talk.message(user(1, "hi", "k1")).accepted("k1");
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[streaming]"]);
  });

  it("is sent one at a time, in the order written", () => {
    const talk = new Talk().history([]).queue("k1", "one").queue("k2", "two");
    expect(nextToSend(talk.state)?.key).toBe("k1");
    talk.do({ type: "sending", key: "k1" });
    expect(nextToSend(talk.state)).toBeUndefined();
    talk.accepted("k1");
    expect(nextToSend(talk.state)?.key).toBe("k2");
  });

  it("is queued again with the same key when the connection is lost before the answer", () => {
    const talk = new Talk().history([]).queue("k1", "hi").do({ type: "sending", key: "k1" });
    talk.do({ type: "disconnected" });
    expect(nextToSend(talk.state)?.key).toBe("k1");
    expect(talk.shown).toEqual(["user[queued] hi"]);
  });

  it("is not sent again when the gateway had stored it before the loss", () => {
    const talk = new Talk().history([]).queue("k1", "hi").do({ type: "sending", key: "k1" });
    talk.do({ type: "disconnected" }).history([user(1, "hi", "k1"), assistant(2, "hello", "k1")]);
    expect(nextToSend(talk.state)).toBeUndefined();
    expect(talk.shown).toEqual(["user[sent] hi", "assistant[final] hello"]);
  });

  it("written while a run goes on is shown below it and answered after it", () => {
    const talk = new Talk().history([]).send("k1", "one").delta("k1", 1, "working").send("k2", "two");
    expect(talk.shown).toEqual([
      "user[sent] one",
      "assistant[streaming] working",
      "user[sent] two",
      "assistant[streaming]",
    ]);
  });

  it("keeps its reason when it is refused, and can be tried again or discarded", () => {
    const talk = new Talk()
      .history([])
      .queue("k1", "hi")
      .do({ type: "failed", key: "k1", error: "no such agent" });
    expect(talk.rows[0]).toMatchObject({ state: "failed", note: "no such agent" });
    expect(nextToSend(talk.state)).toBeUndefined();
    expect(nextToSend(talk.do({ type: "unsent", key: "k1" }).state)?.key).toBe("k1");
    expect(talk.do({ type: "discarded", key: "k1" }).shown).toEqual([]);
  });

  it("restored twice from storage is queued once", () => {
    const talk = new Talk().queue("k1", "hi").queue("k1", "hi");
    expect(talk.state.outbox).toHaveLength(1);
    expect(new Talk().history([user(1, "hi", "k1")]).queue("k1", "hi").state.outbox).toHaveLength(0);
  });

  it("whose run had already ended asks for the transcript instead of showing a run", () => {
    const talk = new Talk().history([]).queue("k1", "hi").accepted("k1", true);
    expect(talk.shown).toEqual(["user[sent] hi"]);
    expect(wantsHistory(talk.state)).toBe(true);
    talk.history([user(1, "hi", "k1"), assistant(2, "hello", "k1")]);
    expect(wantsHistory(talk.state)).toBe(false);
  });

  it("accepted after its run's end does not bring the run back", () => {
    const talk = new Talk()
      .history([])
      .queue("k1", "hi")
      .chat("k1", 1, "final", said("hello"))
      .accepted("k1");
    expect(talk.shown.filter((row) => row.includes("streaming"))).toEqual([]);
  });

  it("is forgotten with a reset session only when the gateway had taken it", () => {
    const talk = new Talk().history([]).send("k1", "one").queue("k2", "two").do({ type: "cleared" });
    expect(talk.shown).toEqual(["user[queued] two"]);
  });
});
