// The present, as a value that views can follow: ticks once a second while somebody looks at it.
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

const now = signal(Date.now());
/** The same, in steps: views that show minutes are not drawn every second. */
const slow = signal(Date.now());
const SLOW_MS = 15_000;
let users = 0;
let timer: ReturnType<typeof setInterval> | undefined;

export function useNow(pace: "seconds" | "slow" = "seconds"): number {
  useEffect(() => {
    users += 1;
    tick();
    timer ??= setInterval(tick, 1_000);
    return () => {
      users -= 1;
      if (users > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return pace === "slow" ? slow.value : now.value;
}

function tick(): void {
  now.value = Date.now();
  if (now.value - slow.value >= SLOW_MS) slow.value = now.value;
}

export function ago(thenMs: number, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - thenMs) / 1_000));
  if (seconds < 45) return "just now";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 24) return `${hours} h ago`;
  const days = Math.round(hours / 24);
  return days < 30 ? `${days} d ago` : new Date(thenMs).toLocaleDateString();
}

export function duration(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min ${seconds % 60} s`;
  return `${seconds} s`;
}
