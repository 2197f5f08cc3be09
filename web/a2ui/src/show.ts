/** A message of A2UI. */
export type Message = Record<string, unknown>;

/** Shows the surfaces of one version. */
export interface Show {
  /** Takes a message in; throws what is wrong with it. */
  take(message: Message): void;
  /** Removes everything. */
  reset(): void;
}
