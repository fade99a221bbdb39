import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import { clean, columns, paint } from './terminal';

/** How far something long has come. */
export interface Progress {
  /** @param total as far as it is known */
  at(value: number, total: number, noun: string): void;
  /** A line that stays. */
  line(text: string): void;
  end(): void;
}

/** A bar where people look, and lines alone where they do not. */
export function progress(): Progress {
  const { stderr, stdout } = process;
  if (!stderr.isTTY || !stdout.isTTY)
    return { at: () => undefined, line: (text) => console.log(text), end: () => undefined };
  const bars = new MultiBar(
    {
      format: `${paint('cyan', '{bar}')} {value}/{total} {noun}`,
      clearOnComplete: true,
      hideCursor: true,
      barsize: 30,
      gracefulExit: false,
      stream: stderr,
    },
    Presets.shades_classic,
  );
  // From the first figure on: what fails before needs no bar.
  let bar: SingleBar | undefined;
  return {
    at: (value, total, noun) => {
      bar ??= bars.create(total, value, { noun });
      bar.setTotal(total);
      bar.update(value, { noun });
    },
    line: (text) => (bar ? bars.log(`${text}\n`) : console.log(text)),
    end: () => {
      if (!bar) return;
      bar = undefined;
      bars.update();
      bars.stop();
    },
  };
}

/** One line about one resource. */
export const resultLine = (outcome: string, id: string, reason: string): string =>
  columns([[outcome.padEnd(10), clean(id), clean(reason)]]);
