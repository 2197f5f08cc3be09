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

  function take(message: Message): void {
    try {
      if (message.deleteSurface) for (const show of Object.values(shows)) show.take(message);
      else (message.version ? shows.newer : shows.older).take(message);
    } catch (error) {
      // The rest may still be shown.
      console.warn("A message could not be shown", error);
    }
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
        for (const message of order.messages) take(message);
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
}

if (place) start(place);
