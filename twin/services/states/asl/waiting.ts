import { Aborted } from './errors';

/** Waits for work, but no longer than until the signal: the work itself may go on unheard. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason instanceof Error ? signal.reason : new Aborted('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A signal that stops with another one, or by itself. */
export function childOf(parent: AbortSignal): {
  readonly signal: AbortSignal;
  stop(reason?: Error): void;
  leave(): void;
} {
  const controller = new AbortController();
  const follow = () => controller.abort(parent.reason);
  if (parent.aborted) follow();
  parent.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    stop: (reason) => controller.abort(reason ?? new Aborted('aborted')),
    leave: () => parent.removeEventListener('abort', follow),
  };
}
