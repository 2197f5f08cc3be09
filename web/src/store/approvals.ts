// Questions that a run waits on: may this command be run? Shown in their session, answered in place.
import { signal } from "@preact/signals";
import { isRecord, number, RequestError, records, text, texts } from "../wire/frames";
import { onEvent, onRead, request } from "./gateway";
import { notify, speak } from "./notices";

export interface Approval {
  id: string;
  command: string;
  cwd: string | undefined;
  toolName: string | undefined;
  agentId: string | undefined;
  sessionKey: string | undefined;
  /** The node it would be done on; absent: the gateway's own machine. */
  nodeId: string | undefined;
  expiresAtMs: number | undefined;
  decisions: string[];
}

export type Decision = "allow-once" | "allow-always" | "deny";

export const approvals = signal<Approval[]>([]);
export const deciding = signal<ReadonlySet<string>>(new Set());

export function readApproval(value: unknown): Approval | null {
  if (!isRecord(value)) return null;
  const id = text(value.id);
  if (!id) return null;
  const request = isRecord(value.request) ? value.request : value;
  const decisions = texts(request.allowedDecisions);
  return {
    id,
    command: text(request.command) ?? text(request.commandText) ?? text(request.commandPreview) ?? "",
    cwd: text(request.cwd),
    toolName: text(request.toolName),
    agentId: text(request.agentId),
    sessionKey: text(request.sessionKey),
    nodeId: text(request.nodeId),
    expiresAtMs: number(value.expiresAtMs),
    decisions: decisions.length > 0 ? decisions : ["allow-once", "deny"],
  };
}

export function added(list: Approval[], approval: Approval): Approval[] {
  return [...list.filter((known) => known.id !== approval.id), approval];
}

export async function decide(id: string, decision: Decision): Promise<void> {
  deciding.value = new Set([...deciding.peek(), id]);
  try {
    await request("exec.approval.resolve", { id, decision });
    remove(id);
  } catch (error) {
    const gone = error instanceof RequestError && isGone(error);
    if (gone) remove(id);
    notify(
      gone ? "That request was already answered." : `Could not answer: ${(error as Error).message}`,
      "bad",
    );
  } finally {
    deciding.value = new Set([...deciding.peek()].filter((other) => other !== id));
  }
}

function isGone(error: RequestError): boolean {
  return (
    error.details.reason === "APPROVAL_NOT_FOUND" || error.details.reason === "APPROVAL_ALREADY_RESOLVED"
  );
}

export function remove(id: string): void {
  approvals.value = approvals.peek().filter((approval) => approval.id !== id);
}

onEvent("exec.approval.requested", (payload) => {
  const approval = readApproval(payload);
  if (!approval) return;
  approvals.value = added(approvals.peek(), approval);
  speak(`Permission asked: ${approval.toolName ?? "command"} ${approval.command}`);
});
onEvent("exec.approval.resolved", (payload) => {
  if (isRecord(payload) && typeof payload.id === "string") remove(payload.id);
});
onRead(() => {
  request<unknown>("exec.approval.list")
    .then((answer) => {
      const rows = isRecord(answer) ? records(answer.approvals) : records(answer);
      approvals.value = rows.flatMap((row) => readApproval(row) ?? []);
    })
    .catch(() => undefined);
});
