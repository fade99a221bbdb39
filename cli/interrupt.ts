/** Whom an interrupted command tells so, and what it leaves in order. */
interface Interrupted {
  /** For people, beside the result. */
  note(text: string): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

/**
 * Ends after what has begun at the first Ctrl-C, at once at the second.
 *
 * @param told at the first one
 */
export function interruptible(
  report: Interrupted,
  told = 'Ending what has begun; once more ends at once.',
): { signal: AbortSignal; ignore(): void } {
  const controller = new AbortController();
  const stop = () => {
    if (controller.signal.aborted) {
      report.close();
      process.exit(1);
    }
    report.note(told);
    controller.abort();
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, stop);
  return {
    signal: controller.signal,
    ignore: () => {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, stop);
    },
  };
}
