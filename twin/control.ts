import type { Fault } from './faults';
import type { EmittedEvent } from './service';
import { putEvents } from './services/events';
import type { Stacks } from './terraform/stacks';
import type { Twin } from './twin';
import type { RestRequest } from './wire/rest';
import type { Reply } from './wire/wire';

/** Raised with the twin's contract. */
const VERSION = '1';

class BadRequest extends Error {}

/** The control calls: JSON in, JSON out, on the port of the APIs. */
export class Control {
  constructor(
    private readonly twin: Twin,
    private readonly stacks: Stacks,
  ) {}

  async answer({ method, path, query, body }: RestRequest): Promise<Reply> {
    const name = `${method} ${path.slice('/_twin'.length)}`;
    const handler = this.handlers[name];
    if (!handler)
      return reply(404, {
        error: `${method} ${path} is no control call; there are: ${Object.keys(this.handlers).join(', ')}`,
      });
    try {
      return reply(200, await handler(parseBody(body), query));
    } catch (error) {
      return reply(error instanceof BadRequest ? 400 : 500, {
        error: error instanceof Error ? error.message : String(error),
      });
    }
  }

  private readonly handlers: Record<string, (body: Record<string, unknown>, query: URLSearchParams) => unknown> = {
    'GET /health': () => ({ ready: true, version: VERSION, stacks: this.stacks.loaded(), now: this.now() }),
    'POST /install': async () => {
      await asked(() => this.stacks.install());
      return { stacks: this.stacks.loaded() };
    },
    'POST /settle': async ({ timeoutMs }) => {
      const settled = await this.twin.clock.settle(
        timeoutMs === undefined ? undefined : numberIn('timeoutMs', timeoutMs),
      );
      return { settled, now: this.now() };
    },
    'POST /clock': async ({ advanceSeconds }) => {
      await this.twin.clock.advance(numberIn('advanceSeconds', advanceSeconds));
      return { now: this.now() };
    },
    'POST /emit': ({ events }) => {
      if (!Array.isArray(events)) throw new BadRequest('events: expected a list of whole EventBridge events');
      // All of them or none.
      for (const event of events.map(wholeEvent)) {
        putEvents(this.twin, event, 'default', [event]);
        this.twin.service(event.source.replace(/^aws\./, ''))?.emitted?.(event, this.twin);
      }
      return { accepted: events.length };
    },
    'POST /faults': async (fault) => {
      await asked(() => this.twin.faults.add(fault as unknown as Fault));
      return { faults: this.twin.faults.list() };
    },
    'GET /faults': () => ({ faults: this.twin.faults.list() }),
    'DELETE /faults': () => {
      this.twin.faults.clear();
      return { faults: [] };
    },
    'GET /journal': (_body, query) => this.twin.journal.since(numberIn('since', Number(query.get('since') ?? 0))),
    'GET /outbox': () => this.twin.outbox.entries,
    'GET /unsupported': () => ({
      operations: this.twin.unsupported.listOperations(),
      arguments: [...this.stacks.unreadArguments(), ...this.twin.unsupported.arguments],
    }),
  };

  private now(): string {
    return this.twin.clock.now().toISOString();
  }
}

type WholeEvent = EmittedEvent & Record<string, unknown>;

function wholeEvent(event: unknown): WholeEvent {
  const given = (event ?? {}) as Record<string, unknown>;
  const isWhole =
    ['source', 'account', 'region', 'detail-type'].every((key) => typeof given[key] === 'string') &&
    given.detail !== null &&
    typeof given.detail === 'object';
  if (!isWhole) throw new BadRequest('an event needs "source", "account", "region", "detail-type" and "detail"');
  return given as unknown as WholeEvent;
}

function parseBody(body: Uint8Array): Record<string, unknown> {
  if (body.length === 0) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new BadRequest('the body must be a JSON object');
}

function numberIn(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    throw new BadRequest(`${name}: ${JSON.stringify(value) ?? 'nothing'} given, expected a number from 0`);
  return value;
}

/** What is wrong here is wrong in the request. */
async function asked(run: () => unknown): Promise<void> {
  try {
    await run();
  } catch (error) {
    throw new BadRequest(error instanceof Error ? error.message : String(error));
  }
}

const reply = (status: number, value: unknown): Reply => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: `${JSON.stringify(value)}\n`,
});
