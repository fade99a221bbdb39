/** A way by which what was contained may still act, or be reached. */
export interface Channel {
  readonly channel: string;
  readonly status: 'closed' | 'open' | 'unknown';
  /** One short sentence for the person on call. */
  readonly detail: string;
}
