// Compares what a page shows with what the gateway stored: no line is missing, none is there twice.
import assert from "node:assert/strict";
import { TOKEN } from "./gateway.mjs";
import { connected } from "./wire.mjs";

/** Waits until the page shows each row of the transcript once, and no other; fails with the last difference. */
export async function sameAsTranscript(panel, gateway, key) {
  let difference;
  const same = () => compare(panel, gateway, key).then(() => true, (error) => void (difference = error));
  await panel.until(same, "the transcript", 10_000).catch((error) => {
    throw difference ?? error;
  });
}

/** The stored rows of a conversation. */
export async function transcript(gateway, key) {
  const wire = await connected(gateway.url, { token: TOKEN, scopes: ["operator.read"] });
  const { messages } = await wire.request("chat.history", { sessionKey: key, limit: 200 });
  await wire.close();
  return messages;
}

async function compare(panel, gateway, key) {
  const messages = await transcript(gateway, key);
  const stored = messages.filter((row) => row.role === "user").map((row) => plain(row.content));
  const rows = await panel.rows();
  assert.deepEqual(rows.filter((row) => row.role === "user").map((row) => row.text.trim()), stored);
  assert.equal(new Set(rows.map((row) => row.key)).size, rows.length, "every row once");
  const answers = messages.filter((row) => row.role === "assistant").map((row) => row.__openclaw.runId ?? row.__openclaw.id);
  const shown = rows.filter((row) => row.role === "assistant");
  assert.equal(shown.length, new Set(answers).size, `as many answers as in the transcript: ${JSON.stringify(shown)}`);
}

/** The text of a row's content. */
function plain(content) {
  return typeof content === "string" ? content.trim() : content.map((part) => part.text ?? "").join("").trim();
}
