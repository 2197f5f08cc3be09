// Where the person is: #/chat/<session key>, #/channels, #/nodes, #/devices, #/status.
import { signal } from "@preact/signals";

export type Page = "chat" | "channels" | "nodes" | "devices" | "status";
export type Route = { page: "chat"; session: string | undefined } | { page: Exclude<Page, "chat"> };

export const route = signal<Route>({ page: "chat", session: undefined });
/** The session list as a drawer; only ever open on narrow screens. */
export const drawerOpen = signal(false);

/** The same width as in the style sheets. */
const NARROW = "(max-width: 760px)";

export function parseRoute(hash: string): Route {
  const [page, ...rest] = hash.replace(/^#\/?/, "").split("/");
  if (page === "channels" || page === "nodes" || page === "devices" || page === "status") return { page };
  const raw = page === "chat" ? rest.join("/") : "";
  return { page: "chat", session: raw === "" ? undefined : decode(raw) };
}

export function routeHash(to: Route): string {
  if (to.page !== "chat") return `#/${to.page}`;
  return to.session === undefined ? "#/chat" : `#/chat/${encodeURIComponent(to.session)}`;
}

export function navigate(to: Route): void {
  drawerOpen.value = false;
  location.hash = routeHash(to);
}

export function startRoutes(): void {
  const read = () => {
    route.value = parseRoute(location.hash);
    drawerOpen.value = false;
  };
  addEventListener("hashchange", read);
  matchMedia(NARROW).addEventListener("change", () => {
    drawerOpen.value = false;
  });
  read();
}

/** Opens the drawer and moves the focus into it; where the list is always in view, only the focus moves. */
export function openDrawer(focus: string): void {
  drawerOpen.value = matchMedia(NARROW).matches;
  focusSoon(focus);
}

export function closeDrawer(): void {
  if (!drawerOpen.peek()) return;
  drawerOpen.value = false;
  focusSoon("[data-testid=open-drawer]");
}

/** Two frames later: what is to be focused has to be shown, and the page behind the drawer awake, before. */
function focusSoon(selector: string): void {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>(selector)?.focus()),
  );
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
