// Whether the page is connected, and when it tries again.

import { useNow } from "../store/clock";
import { link, refusal, retryNow } from "../store/gateway";

export function ConnectionBadge() {
  const state = link.value;
  const waiting = state.kind === "waiting";
  return (
    <div class={`connection ${tone()}`} data-testid="connection" data-state={state.kind} role="status">
      <span class="dot" aria-hidden="true" />
      {waiting ? <Countdown untilMs={state.retryAtMs} /> : <span>{words()}</span>}
      {waiting && (
        <button type="button" class="text-button" onClick={retryNow} data-testid="retry">
          Retry
        </button>
      )}
    </div>
  );
}

function tone(): string {
  const kind = link.value.kind;
  if (kind === "online") return "good";
  return kind === "connecting" || kind === "waiting" ? "wait" : "bad";
}

function words(): string {
  const kind = link.value.kind;
  if (kind === "online") return "Connected";
  return kind === "connecting" ? "Connecting…" : "Not connected";
}

export function Countdown({ untilMs }: { untilMs: number }) {
  const left = Math.max(0, Math.ceil((untilMs - useNow()) / 1_000));
  const words = refusal.value?.kind === "pairing" ? "Asking again" : "Reconnecting";
  // Not announced every second: a screen reader would never stop.
  return <span aria-live="off">{left > 0 ? `${words} in ${left} s` : `${words}…`}</span>;
}
