// Devices: who waits to be let in, who has been, and what they may do.
import { signal } from "@preact/signals";
import { isRecord, number, records, text, texts } from "../wire/frames";
import { onEvent, onRead, request } from "./gateway";
import { route } from "./route";

export interface PendingDevice {
  requestId: string;
  deviceId: string;
  name: string;
  platform: string | undefined;
  role: string;
  scopes: string[];
  remoteIp: string | undefined;
  isRepair: boolean;
  ts: number;
}

export interface PairedDevice {
  deviceId: string;
  name: string;
  platform: string | undefined;
  roles: string[];
  scopes: string[];
  lastSeenAtMs: number | undefined;
  approvedAtMs: number | undefined;
  connected: boolean;
}

export const pending = signal<PendingDevice[]>([]);
export const paired = signal<PairedDevice[]>([]);
export const devicesLoaded = signal(false);

const RELOAD_DELAY_MS = 150;
let timer: ReturnType<typeof setTimeout> | undefined;

export function readPending(row: Record<string, unknown>): PendingDevice {
  const deviceId = text(row.deviceId) ?? "";
  return {
    requestId: text(row.requestId) ?? "",
    deviceId,
    name: text(row.displayName) ?? text(row.clientId) ?? shortId(deviceId),
    platform: text(row.platform),
    role: text(row.role) ?? texts(row.roles).join(", "),
    scopes: texts(row.scopes),
    remoteIp: text(row.remoteIp),
    isRepair: row.isRepair === true,
    ts: number(row.ts) ?? 0,
  };
}

export function readPaired(row: Record<string, unknown>): PairedDevice {
  const deviceId = text(row.deviceId) ?? "";
  const roles = texts(row.roles);
  return {
    deviceId,
    name: text(row.label) || text(row.displayName) || text(row.clientId) || shortId(deviceId),
    platform: text(row.platform),
    roles: roles.length > 0 ? roles : [text(row.role) ?? "operator"],
    scopes: texts(row.scopes),
    lastSeenAtMs: number(row.lastSeenAtMs),
    approvedAtMs: number(row.approvedAtMs),
    connected: row.connected === true,
  };
}

export function shortId(id: string): string {
  return id.length > 12 ? `${id.slice(0, 12)}…` : id;
}

/** Approves exactly what was shown: the id is the digest of what is asked for, a changed request has another. */
export async function approve(device: PendingDevice): Promise<void> {
  await request("device.pair.approve", { requestId: device.requestId });
  await loadDevices();
}

export async function reject(requestId: string): Promise<void> {
  await request("device.pair.reject", { requestId });
  await loadDevices();
}

export async function revoke(deviceId: string): Promise<void> {
  await request("device.pair.remove", { deviceId });
  await loadDevices();
}

export async function rename(deviceId: string, label: string): Promise<void> {
  await request("device.pair.rename", { deviceId, label });
  await loadDevices();
}

export async function loadDevices(): Promise<void> {
  const answer = await request<unknown>("device.pair.list");
  const body = isRecord(answer) ? answer : {};
  pending.value = records(body.pending).map(readPending);
  paired.value = records(body.paired).map(readPaired);
  devicesLoaded.value = true;
}

function loadSoon(): void {
  clearTimeout(timer);
  timer = setTimeout(() => void loadDevices().catch(() => undefined), RELOAD_DELAY_MS);
}

onEvent("device.pair.requested", loadSoon);
onEvent("device.pair.resolved", loadSoon);
onEvent("presence", () => {
  // Who is connected right now matters only where it is shown.
  if (route.peek().page === "devices") loadSoon();
});
onRead(loadSoon);
