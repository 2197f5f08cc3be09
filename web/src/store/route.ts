// Where the person is: #/chat/<session key>, #/approvals[/<id>], #/tasks[/<id>], and the other pages by their name.
import { signal } from "@preact/signals";

const PLAIN = ["workers", "channels", "nodes", "devices", "status"] as const;
type PlainPage = (typeof PLAIN)[number];
/** Pages of which there is one for each thing. */
const WITH_ID = ["approvals", "tasks"] as const;
type PageWithId = (typeof WITH_ID)[number];

export type Page = "chat" | PlainPage | PageWithId;
export type Route =
  | { page: "chat"; session: string | undefined }
  | { page: PlainPage }
  | { page: PageWithId; id: string | undefined };

export const route = signal<Route>({ page: "chat", session: undefined });
/** The session list as a drawer; only ever open on narrow screens. */
export const drawerOpen = signal(false);

/** The same width as in the style sheets. */
const NARROW = "(max-width: 760px)";

export function parseRoute(hash: string): Route {
  const [name, ...rest] = hash.replace(/^#\/?/, "").split("/");
  const plain = PLAIN.find((page) => page === name);
  if (plain) return { page: plain };
  const raw = rest.join("/");
  const named = raw === "" ? undefined : decode(raw);
  const withId = WITH_ID.find((page) => page === name);
  if (withId) return { page: withId, id: named };
  return { page: "chat", session: name === "chat" ? named : undefined };
}

export function routeHash(to: Route): string {
  const named = "session" in to ? to.session : "id" in to ? to.id : undefined;
  return named === undefined ? `#/${to.page}` : `#/${to.page}/${encodeURIComponent(named)}`;
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
