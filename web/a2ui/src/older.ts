// Surfaces of version 0.8.
import "./names-old";
import { Context, type Surface } from "@a2ui/lit/ui";
import { Data } from "@a2ui/lit/v0_8";
import { ContextProvider } from "@lit/context";
import { markdown } from "./markdown";
import type { Show } from "./show";
import { theme } from "./theme";

/** What a button of version 0.8 tells. */
interface Pressed {
  action: { name: string; context?: { key: string; value: Record<string, unknown> }[] };
  sourceComponentId: string;
  sourceComponent: never;
}

/** Shows surfaces of version 0.8 in `place`. */
export function older(place: HTMLElement, act: (action: object) => void): Show {
  new ContextProvider(place, { context: Context.themeContext, initialValue: theme as never });
  new ContextProvider(place, { context: Context.markdown, initialValue: markdown });
  const processor = Data.createSignalA2uiMessageProcessor();
  const elements = new Map<string, Surface>();

  place.addEventListener("a2uiaction", (event) => {
    const { action, sourceComponentId, sourceComponent } = (event as unknown as CustomEvent<Pressed>).detail;
    const origin = event
      .composedPath()
      .find((at) => at instanceof HTMLElement && at.dataset.surface !== undefined);
    if (!origin) return;
    const surfaceId = (origin as HTMLElement).dataset.surface ?? "";
    const context: Record<string, unknown> = {};
    for (const { key, value } of action.context ?? []) {
      context[key] =
        typeof value.path === "string"
          ? processor.getData(sourceComponent, value.path, surfaceId)
          : (value.literalString ?? value.literalNumber ?? value.literalBoolean ?? null);
    }
    act({ name: action.name, surfaceId, sourceComponentId, timestamp: new Date().toISOString(), context });
  });

  function refresh(): void {
    const surfaces = processor.getSurfaces();
    for (const [id, element] of elements) {
      if (surfaces.has(id)) continue;
      element.remove();
      elements.delete(id);
    }
    for (const [id, surface] of surfaces) {
      let element = elements.get(id);
      if (!element) {
        element = document.createElement("a2ui-surface") as Surface;
        element.dataset.surface = id;
        elements.set(id, element);
        place.append(element);
      }
      element.surfaceId = id;
      element.processor = processor;
      // A fresh object, so that the element sees a change of it.
      element.surface = { ...surface };
    }
  }

  return {
    take(message) {
      processor.processMessages([message as never]);
      refresh();
    },
    reset() {
      processor.clearSurfaces();
      refresh();
    },
  };
}
