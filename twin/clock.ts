/** Something that falls due at a moment of the twin's time. */
interface Due {
  readonly time: number;
  readonly run: () => void | Promise<void>;
}

/**
 * The twin's time: real time plus an offset. Advancing jumps from one due thing to the next and waits, after each, until
 * everything that it set off has come to rest, so that hours pass in an instant and in the right order.
 */
export class Clock {
  /** Milliseconds ahead of real time. Shared with the workers, which see the same time. */
  readonly offset = new Float64Array(new SharedArrayBuffer(8));
  private due: Due[] = [];
  private timer: NodeJS.Timeout | undefined;
  private readonly outstanding = new Set<Promise<unknown>>();
  private advancing: Promise<unknown> = Promise.resolve();

  now(): Date {
    return new Date(this.milliseconds());
  }

  /** Runs something when its time comes. Returns what calls it off. */
  after(milliseconds: number, run: () => void | Promise<void>): () => void {
    const entry = { time: this.milliseconds() + milliseconds, run };
    const index = this.due.findIndex(({ time }) => time > entry.time);
    this.due.splice(index < 0 ? this.due.length : index, 0, entry);
    this.arm();
    return () => {
      this.due = this.due.filter((other) => other !== entry);
      this.arm();
    };
  }

  /** Counts work as outstanding until it ends. */
  track<T>(work: Promise<T>): Promise<T> {
    this.outstanding.add(work);
    const done = () => this.outstanding.delete(work);
    work.then(done, done);
    return work;
  }

  /** Waits until nothing that is due is outstanding. False if that takes too long. */
  async settle(timeoutMs = 60_000): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    for (;;) {
      this.runDue();
      if (this.outstanding.size === 0) {
        // What has just ended may have set off more in its last moment.
        await new Promise((resolve) => setImmediate(resolve));
        if (this.outstanding.size === 0 && !this.isDue()) return true;
        continue;
      }
      const left = until - performance.now();
      if (left <= 0) return false;
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => {
        timer = setTimeout(resolve, left);
      });
      await Promise.race([timeout, ...this.outstanding].map((work) => Promise.resolve(work).catch(() => undefined)));
      clearTimeout(timer);
    }
  }

  /** Moves time forward. What falls due on the way runs, in order, before this returns. */
  advance(seconds: number): Promise<Date> {
    const run = async () => {
      const target = this.milliseconds() + seconds * 1000;
      await this.settle();
      for (let next = this.due[0]; next && next.time <= target; next = this.due[0]) {
        this.jumpTo(next.time);
        await this.settle();
      }
      this.jumpTo(target);
      await this.settle();
      return this.now();
    };
    const result = this.advancing.then(run, run);
    this.advancing = result;
    return result;
  }

  stop(): void {
    clearTimeout(this.timer);
    this.due = [];
  }

  private milliseconds(): number {
    return Date.now() + (this.offset[0] ?? 0);
  }

  private jumpTo(time: number): void {
    this.offset[0] = (this.offset[0] ?? 0) + Math.max(0, time - this.milliseconds());
  }

  private isDue(): boolean {
    return (this.due[0]?.time ?? Number.POSITIVE_INFINITY) <= this.milliseconds();
  }

  private runDue(): void {
    while (this.isDue()) {
      const entry = this.due.shift();
      if (entry) void this.track(Promise.resolve().then(entry.run));
    }
    this.arm();
  }

  private arm(): void {
    clearTimeout(this.timer);
    const next = this.due[0];
    if (!next) return;
    const wait = Math.min(Math.max(0, next.time - this.milliseconds()), 2 ** 31 - 1);
    this.timer = setTimeout(() => this.runDue(), wait);
    this.timer.unref();
  }
}
