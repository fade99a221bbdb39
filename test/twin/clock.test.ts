import { Clock } from '../../twin/clock';

let clock: Clock;
beforeEach(() => {
  clock = new Clock();
});
afterEach(() => clock.stop());

const seconds = (since: Date) => Math.round((clock.now().getTime() - since.getTime()) / 1000);

it('is real time plus an offset, which others share', async () => {
  expect(Math.abs(clock.now().getTime() - Date.now())).toBeLessThan(50);
  await clock.advance(3600);
  expect(clock.offset[0]).toBeGreaterThanOrEqual(3_599_000);
  expect(Math.abs(clock.now().getTime() - Date.now() - (clock.offset[0] ?? 0))).toBeLessThan(50);
});

it('runs what falls due on the way, in order, each at its own time', async () => {
  const began = clock.now();
  const ran: [string, number][] = [];
  const note = (name: string) => () => {
    ran.push([name, seconds(began)]);
  };
  clock.after(7200_000, note('late'));
  clock.after(60_000, note('first'));
  clock.after(180_000, () => {
    note('second')();
    clock.after(60_000, note('follows'));
  });
  await clock.advance(3600);
  expect(ran).toEqual([
    ['first', 60],
    ['second', 180],
    ['follows', 240],
  ]);
  expect(seconds(began)).toBe(3600);
});

it('waits after each for what it set off, before it goes on', async () => {
  const ran: string[] = [];
  clock.after(1000, async () => {
    await new Promise((resolve) => setTimeout(resolve, 30));
    ran.push('slow');
  });
  clock.after(2000, () => {
    ran.push('next');
  });
  await clock.advance(10);
  expect(ran).toEqual(['slow', 'next']);
});

it('moves one advance after the other', async () => {
  const began = clock.now();
  await Promise.all([clock.advance(100), clock.advance(200)]);
  expect(seconds(began)).toBe(300);
});

it('does not run what was called off', async () => {
  const run = jest.fn();
  clock.after(1000, run)();
  await clock.advance(10);
  expect(run).not.toHaveBeenCalled();
});

it('runs what is due in real time as well', async () => {
  const run = jest.fn();
  clock.after(20, run);
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(run).toHaveBeenCalledTimes(1);
});

describe('settling', () => {
  it('waits for work, and for the work that it sets off, not for what is due later', async () => {
    const ended: string[] = [];
    clock.after(60_000, () => {
      ended.push('later');
    });
    void clock.track(
      (async () => {
        await new Promise((resolve) => setTimeout(resolve, 20));
        void clock.track(new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => void ended.push('inner')));
        ended.push('outer');
      })(),
    );
    expect(await clock.settle()).toBe(true);
    expect(ended).toEqual(['outer', 'inner']);
  });

  it('goes on after work that failed', async () => {
    clock.track(Promise.reject(new Error('no'))).catch(() => undefined);
    expect(await clock.settle()).toBe(true);
  });

  it('says when it takes too long', async () => {
    void clock.track(new Promise(() => undefined));
    expect(await clock.settle(30)).toBe(false);
  });
});
