// The A2UI page: shows the surfaces that an agent pushes, and tells the gateway what the person does with them.
import { newer } from "./newer";
import { older } from "./older";
import type { Message } from "./show";

const place = document.querySelector<HTMLElement>("#surfaces");
const notice = document.querySelector<HTMLElement>("#notice");
const address = new URL("../ws?view=a2ui", location.href);
address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
const patience = [500, 1000, 2000, 4000, 8000, 15000, 30000];
let failures = 0;
let socket: WebSocket | undefined;

function say(text: string): void {
  if (!notice) return;
  notice.textContent = text;
  notice.hidden = text === "";
}

function act(action: object): void {
  const open = socket?.readyState === WebSocket.OPEN;
  say(open ? "" : "Not connected; try again in a moment.");
  if (open) socket?.send(JSON.stringify({ type: "action", action }));
}

function start(place: HTMLElement): void {
  const shows = { older: older(place, act), newer: newer(place, act) };

  /** Shows what can be shown of them; returns what is wrong with the others. */
  function take(messages: Message[]): string[] {
    const problems: string[] = [];
    for (const message of messages) {
      try {
        if (message.deleteSurface) for (const show of Object.values(shows)) show.take(message);
        else (message.version ? shows.newer : shows.older).take(message);
      } catch (error) {
        console.warn("A message could not be shown", error);
        problems.push(String(error));
      }
    }
    return problems;
  }

  function reset(): void {
    for (const show of Object.values(shows)) show.reset();
  }

  function connect(): void {
    const opened = new WebSocket(address);
    socket = opened;
    let first = true;
    opened.onopen = () => {
      failures = 0;
      say("");
    };
    opened.onmessage = ({ data }) => {
      const order = JSON.parse(data as string);
      if (order.type === "a2ui") {
        // The first push of a connection is everything there is.
        if (first) reset();
        first = false;
        take(order.messages);
      } else if (order.type === "a2ui.reset") reset();
      else if (order.type === "refused") say(order.error.message);
    };
    opened.onclose = ({ code }) => {
      // 1008: the address is not good any more.
      if (code === 1008 || failures >= patience.length)
        return say("This page is not live any more; open it anew.");
      setTimeout(connect, patience[failures++]);
    };
  }
  connect();
  // A program that shows this page, such as a node, may hand it messages itself; stock ones know it by this name. Told
  // twice, by its socket and so, it shows the same.
  Object.assign(globalThis, {
    openclawA2UI: {
      applyMessages(messages: Message[]) {
        const problems = take(messages);
        return { ok: problems.length === 0, problems };
      },
      reset() {
        reset();
        return { ok: true };
      },
    },
  });
}

if (place) start(place);
