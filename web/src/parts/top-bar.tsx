// The head of every page: its title, its actions, and the way to the session list on narrow screens.
import type { ComponentChildren } from "preact";
import { link } from "../store/gateway";
import { drawerOpen, openDrawer } from "../store/route";
import { Countdown } from "./connection-badge";
import { MenuIcon } from "./icons";

export function TopBar({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <header class="top-bar">
      <button
        type="button"
        class="icon-button drawer-button"
        aria-label="Open the chat list"
        aria-expanded={drawerOpen.value}
        aria-controls="sidebar"
        data-testid="open-drawer"
        onClick={() => openDrawer("#sidebar .drawer-button")}
      >
        <MenuIcon />
      </button>
      <h1>{title}</h1>
      <NarrowConnection />
      <div class="top-actions">{children}</div>
    </header>
  );
}

/** On narrow screens the side is closed, so a lost connection shows here. */
function NarrowConnection() {
  const state = link.value;
  if (state.kind === "online") return null;
  return (
    <span class="narrow-connection connection wait" data-testid="connection-narrow">
      <span class="dot" aria-hidden="true" />
      {state.kind === "waiting" ? <Countdown untilMs={state.retryAtMs} /> : "Connecting…"}
    </span>
  );
}
