// Keys that work everywhere: Ctrl/Cmd+K goes to the search, Esc closes the drawer or stops the run.
import { isRunning } from "../chat/reduce";
import { openChat, stop } from "./chats";
import { hello, online } from "./gateway";
import { closeDrawer, drawerOpen, openDrawer, route } from "./route";

export function startKeys(): void {
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openDrawer("#search");
    }
    // An open dialog takes Esc for itself.
    if (event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]"))
      closeOrStop();
  });
}

function closeOrStop(): void {
  if (drawerOpen.peek()) {
    closeDrawer();
    return;
  }
  const here = route.peek();
  const key = here.page === "chat" ? (here.session ?? hello.peek()?.mainSessionKey) : undefined;
  if (key && online.peek() && isRunning(openChat(key).state.peek())) void stop(key);
}
