// The canvas beside the chat: what the agent drew, framed so that nothing of it can reach this page.
import { canvas, toggleCanvas } from "../store/canvas";
import { attempt } from "../store/notices";
import { CanvasIcon, CloseIcon } from "./icons";

const toggle = () => void attempt("Could not show the canvas", toggleCanvas);

/** Shows or hides the canvas; only where there is one. */
export function CanvasButton() {
  const now = canvas.value;
  if (!now?.filled) return null;
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={now.open ? "Hide the canvas" : "Show the canvas"}
      aria-pressed={now.open}
      title="Canvas"
      data-testid="canvas-toggle"
      onClick={toggle}
    >
      <CanvasIcon />
    </button>
  );
}

export function CanvasPane() {
  const now = canvas.value;
  if (!now?.open) return null;
  return (
    <section class="canvas-pane" aria-label="Canvas" data-testid="canvas">
      <header>
        <h2>Canvas</h2>
        <button type="button" class="icon-button" aria-label="Close the canvas" onClick={toggle}>
          <CloseIcon />
        </button>
      </header>
      {now.url === "" ? (
        <p class="quiet" role="status">
          Opening…
        </p>
      ) : (
        <iframe
          key={now.url}
          src={now.url}
          title="What the agent drew"
          sandbox="allow-scripts allow-forms"
          referrerpolicy="no-referrer"
          data-testid="canvas-frame"
        />
      )}
    </section>
  );
}
