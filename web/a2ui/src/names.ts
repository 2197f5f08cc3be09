// The names of elements; see `names-new.ts`.
const define = customElements.define.bind(customElements);

/** Returns the name under which the newer version's element of that name is known. */
export function newName(name: string): string {
  return name.replace(/^a2ui-/, "a2ui9-");
}

/** Says whether elements that are defined from now on get names of their own. */
export function rename(on: boolean): void {
  customElements.define = on ? (name, element, options) => define(newName(name), element, options) : define;
}
