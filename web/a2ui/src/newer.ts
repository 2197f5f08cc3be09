// Surfaces of version 0.9.
import "./names-new";
import { type A2uiSurface, basicCatalog, Context } from "@a2ui/lit/v0_9";
import { MessageProcessor } from "@a2ui/web_core/v0_9";
import { ContextProvider } from "@lit/context";
import { markdown } from "./markdown";
import { newName } from "./names";
import type { Show } from "./show";

for (const component of basicCatalog.components.values()) {
  Object.assign(component, { tagName: newName(component.tagName) });
}

/** Shows surfaces of version 0.9 in `place`. */
export function newer(place: HTMLElement, act: (action: object) => void): Show {
  new ContextProvider(place, { context: Context.markdown, initialValue: markdown });
  const processor = new MessageProcessor([basicCatalog], act);
  const elements = new Map<string, HTMLElement>();
  processor.onSurfaceCreated((surface) => {
    const element = document.createElement(newName("a2ui-surface")) as A2uiSurface;
    element.dataset.surface = surface.id;
    element.surface = surface;
    elements.set(surface.id, element);
    place.append(element);
  });
  processor.onSurfaceDeleted((id) => {
    elements.get(id)?.remove();
    elements.delete(id);
  });
  const remove = (surfaceId: string) => {
    if (elements.has(surfaceId))
      processor.processMessages([{ version: "v0.9", deleteSurface: { surfaceId } }]);
  };
  return {
    take(message) {
      // The page was told of it when it was opened, and is told again.
      const created = message.createSurface as { surfaceId: string } | undefined;
      const deleted = message.deleteSurface as { surfaceId: string } | undefined;
      if (created) remove(created.surfaceId);
      if (deleted) remove(deleted.surfaceId);
      else processor.processMessages([message as never]);
    },
    reset() {
      for (const id of [...elements.keys()]) remove(id);
    },
  };
}
