// The one connection of the page, and who listens to it.
import { computed, signal } from "@preact/signals";
import { takeBootstrapToken } from "../wire/bootstrap";
import { Connection, type LinkState } from "../wire/connection";
import type { EventFrame } from "../wire/frames";
import type { Hello } from "../wire/hello";
import type { Refusal } from "../wire/refusal";

type EventListener = (payload: unknown, frame: EventFrame) => void;

export const link = signal<LinkState>({ kind: "connecting", attempt: 0 });
export const hello = signal<Hello | null>(null);
/** Why the last attempt was refused; stays while the next one is under way, so that the page does not flicker. */
export const refusal = signal<Refusal | null>(null);
/** The id of this browser's own device. */
export const ownDevice = signal("");
export const online = computed(() => link.value.kind === "online");

const listeners = new Map<string, EventListener[]>();
const readers: (() => void)[] = [];
const losers: (() => void)[] = [];
const peers = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("landline-token");

let connection: Connection | null = null;

/** Calls `listener` for every event of that name. */
export function onEvent(event: string, listener: EventListener): void {
  listeners.set(event, [...(listeners.get(event) ?? []), listener]);
}

/** Calls `read` whenever what is shown must be read (again): after connecting, and after a gap in the events. */
export function onRead(read: () => void): void {
  readers.push(read);
}

/** Calls `lost` when the connection has gone. */
export function onLost(lost: () => void): void {
  losers.push(lost);
}

export function request<T>(method: string, params: object = {}, timeoutMs?: number): Promise<T> {
  if (!connection) return Promise.reject(new Error("The page has not started yet."));
  return connection.request<T>(method, params, timeoutMs);
}

export function retryNow(): void {
  connection?.retryNow();
}

export function startConnection(): void {
  connection = new Connection(
    {
      state: moved,
      event: (frame) => {
        for (const listener of listeners.get(frame.event) ?? []) listener(frame.payload, frame);
      },
      gap: () => {
        for (const read of readers) read();
      },
      tokenKept: () => peers?.postMessage("kept"),
    },
    takeBootstrapToken(),
  );
  // Opening a new link in a tab that is already here only changes the fragment.
  addEventListener("hashchange", () => {
    const token = takeBootstrapToken();
    if (token) connection?.retryNow(token);
  });
  addEventListener("online", retryNow);
  addEventListener("pagehide", () => connection?.stop());
  addEventListener("pageshow", (event) => event.persisted && retryNow());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && link.value.kind === "waiting") retryNow();
  });
  if (peers) peers.onmessage = () => retryNow();
  void connection.start();
}

function moved(state: LinkState): void {
  const was = link.value.kind;
  if (state.kind === "online") {
    hello.value = state.hello;
    ownDevice.value = state.deviceId;
  }
  if (state.kind === "online") refusal.value = null;
  else if (state.kind === "refused" || state.kind === "waiting") refusal.value = state.refusal;
  link.value = state;
  if (state.kind === "online") for (const read of readers) read();
  else if (was === "online") for (const lost of losers) lost();
}
