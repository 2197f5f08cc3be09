// What was asked before, and one request by its id: where links to a question lead.
import { signal } from "@preact/signals";
import { isRecord, number, records, text } from "../wire/frames";
import { type Approval, readApproval } from "./approvals";
import { onEvent, onRead, request } from "./gateway";

/** A request and what became of it. */
export interface Asked {
  approval: Approval;
  status: "pending" | "allowed" | "denied" | "expired" | "cancelled";
  askedAt: number;
  endedAt: number | undefined;
  decision: string | undefined;
  /** Why it ended, if nobody answered. */
  reason: string | undefined;
  by: string | undefined;
}

/** Latest first. */
export const past = signal<Asked[]>([]);
export const moreAt = signal<string | undefined>(undefined);
/** The request of the address; `null`: there is none of that id. */
export const opened = signal<Asked | null | undefined>(undefined);

const PAGE = 30;
const STATES = ["pending", "allowed", "denied", "expired", "cancelled"] as const;
/** Whether a page that shows these is open: nobody else needs them. */
let watched = false;
let openId: string | undefined;

export function readAsked(value: unknown): Asked | null {
  if (!isRecord(value)) return null;
  const source = isRecord(value.source) ? value.source : {};
  const shown = isRecord(value.presentation) ? value.presentation : {};
  const approval = readApproval({
    id: value.id,
    expiresAtMs: value.expiresAtMs,
    request: { ...shown, agentId: shown.agentId ?? source.agentId, sessionKey: source.sessionKey },
  });
  if (!approval) return null;
  const resolver = isRecord(value.resolver) ? value.resolver : {};
  return {
    approval,
    status: STATES.find((state) => state === value.status) ?? "pending",
    askedAt: number(value.createdAtMs) ?? 0,
    endedAt: number(value.resolvedAtMs),
    decision: text(value.decision),
    reason: text(value.reason),
    by: resolver.kind === "system" ? undefined : text(resolver.id),
  };
}

/** In a few words: what became of it. */
export function outcome(asked: Asked): string {
  switch (asked.status) {
    case "pending":
      return "waits for an answer";
    case "allowed":
      return asked.decision === "allow-always" ? "allowed always" : "allowed once";
    case "denied":
      return asked.decision === undefined ? `denied (${asked.reason ?? "by a rule"})` : "denied";
    case "expired":
      return "denied: nobody answered in time";
    case "cancelled":
      return asked.reason === "gateway-restart" ? "ended with the gateway" : "withdrawn: its run ended";
  }
}

/** Follows the list, and the request `id` if one is named; returns what ends that. */
export function watchAsked(id: string | undefined): () => void {
  watched = true;
  openId = id;
  opened.value = undefined;
  read();
  return () => {
    watched = false;
  };
}

export async function loadMore(): Promise<void> {
  const cursor = moreAt.peek();
  if (cursor === undefined) return;
  const page = await history(cursor);
  past.value = [...past.peek(), ...page];
}

async function history(cursor?: string): Promise<Asked[]> {
  const answer = await request<unknown>("approval.history", { limit: PAGE, ...(cursor ? { cursor } : {}) });
  moreAt.value = isRecord(answer) ? text(answer.nextCursor) : undefined;
  return records(isRecord(answer) ? answer.items : []).flatMap((row) => readAsked(row) ?? []);
}

async function open(id: string): Promise<void> {
  const found = await request<unknown>("approval.get", { id }).then(
    (answer) => readAsked(isRecord(answer) ? answer.approval : null),
    () => null,
  );
  if (openId === id) opened.value = found;
}

function read(): void {
  if (!watched) return;
  history()
    .then((rows) => {
      past.value = rows;
    })
    .catch(() => undefined);
  if (openId !== undefined) void open(openId);
}

onEvent("exec.approval.resolved", read);
onRead(read);
