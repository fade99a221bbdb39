import type { Policy } from '../../functions/core/policy';
import type { Action, Applied, Plan, Subject, WatchingRemediation } from '../../functions/core/remediation';

/** A second kind of resource, nothing like a security group: a house whose doors must be shut. */
export interface House {
  readonly open: readonly string[];
}

export interface ShutDoor extends Action {
  readonly kind: 'ShutDoor';
  readonly door: string;
}

/** Houses by id, and what goes wrong with their doors. */
export class Street {
  readonly houses = new Map<string, Set<string>>();
  /** Called before a door is shut; what it throws is AWS's refusal. */
  onShut: (door: string, id: string) => void | Promise<void> = () => undefined;
  /** Doors that say they shut, and do not. */
  readonly stuck = new Set<string>();
  /** Doors for which there is no room. */
  readonly held = new Set<string>();
  readonly shut: string[] = [];
  onRead: (id: string) => void | Promise<void> = () => undefined;

  house(id: string, ...open: string[]): Subject {
    this.houses.set(id, new Set(open));
    return subject(id);
  }

  /** What `heal` needs to know of houses. */
  remediation(
    mode: 'observe' | 'approve' | 'enforce' = 'enforce',
    plan: (house: House, policy: Policy) => Plan<ShutDoor> = planHouse,
  ): WatchingRemediation<House, ShutDoor> {
    let current = '';
    const { houses } = this;
    const read = async ({ id }: Subject) => {
      await this.onRead(id);
      const open = this.houses.get(id);
      current = id;
      return open && { open: [...open] };
    };
    return {
      name: 'house',
      resource: {
        type: 'Test::Street::House',
        noun: 'house',
        idKey: 'houseId',
        idPattern: /^house-\w+$/,
        arn: (id) => `arn:aws:test:::house/${id}`,
      },
      mode: () => mode,
      calls: [],
      subjects: async () => ({ named: [] }),
      read,
      readBack: read,
      recorded: async ({ configuration }) => configuration as House,
      discover: async function* (this: void) {
        yield { resources: [...houses].map(([id, open]) => ({ id, state: { open: [...open] } })) };
      },
      plan,
      apply: async ({ door }): Promise<Applied> => {
        await this.onShut(door, current);
        if (this.held.has(door)) return { requestIds: [], held: `no room for ${door}` };
        this.shut.push(door);
        if (!this.stuck.has(door)) this.houses.get(current)?.delete(door);
        return { requestIds: [`request-${door}`] };
      },
      isDone: ({ door }, { open }) => !open.includes(door),
      touched: (actions, { open }) => open.filter((door) => actions.some((action) => action.door === door)),
      invert: () => ({ conflict: 'doors stay shut' }),
      describe: ({ door }) => [`Shutting ${door}`],
    };
  }
}

export const subject = (id: string): Subject => ({
  type: 'Test::Street::House',
  id,
  partition: 'aws',
  account: '111122223333',
  region: 'eu-west-1',
  arn: `arn:aws:test:::house/${id}`,
});

/** Every door must be shut; each is an action of its own. */
export function planHouse({ open }: House): Plan<ShutDoor> {
  return {
    actions: open.map((door) => ({ kind: 'ShutDoor', door })),
    exempt: [],
    reason: open.length > 0 ? `open: ${open.join(', ')}` : 'all shut',
  };
}
