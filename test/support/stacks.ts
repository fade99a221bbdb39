import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where the stacks of the tests are synthesized, once for each run. */
export const outDirectory = resolve(__dirname, '..', '..', 'out', 'test');

/** Settings that tests run under, by name. */
export const variants = {
  default: {},
  enforce: { region: 'eu-west-1', mode: 'enforce', notifications: { emails: ['soc@example.com'] } },
  narrow: { mode: 'enforce', securityGroups: { keepAllowedPorts: true } },
  blueprint: {
    mode: 'enforce',
    region: 'eu-west-1',
    securityGroups: {
      blueprints: [
        {
          groups: { names: ['LabSG1'] },
          required: [
            { protocol: 'tcp', port: 80, source: '0.0.0.0/0' },
            { protocol: 'tcp', port: 443, source: '0.0.0.0/0' },
          ],
        },
        {
          groups: { ids: ['sg-0b1ce0000000000e1'] },
          required: [{ protocol: 'tcp', port: 443, source: '0.0.0.0/0' }],
        },
      ],
    },
  },
  approve: { mode: 'approve', notifications: { emails: ['soc@example.com'] } },
  second: {
    mode: 'enforce',
    region: 'eu-west-1',
    prefix: 'team-b-',
    foundation: { trail: 'existing', recorder: 'existing', detector: 'existing', securityHub: 'existing' },
  },
  removing: {
    mode: 'enforce',
    region: 'eu-west-1',
    buckets: { publicStatements: 'remove', encryption: 'kms', accountLevel: 'restore' },
    exemptTag: { enabled: true },
    dataEvents: 'none',
  },
  /** In the Region of the sample events. */
  incidents: {
    mode: 'enforce',
    notifications: { emails: ['soc@example.com'] },
    operators: { principals: ['arn:aws:iam::111122223333:user/operator'] },
  },
  notified: {
    mode: 'enforce',
    region: 'eu-west-1',
    notifications: {
      emails: ['soc@example.com'],
      slack: { workspaceId: 'T0123456789', channelId: 'C0123456789' },
      pagerDuty: true,
    },
  },
  prefixed: {
    mode: 'enforce',
    prefix: 'team-a-',
    foundation: { trail: 'existing', recorder: 'existing', detector: 'existing', securityHub: 'existing' },
  },
  exceptions: {
    mode: 'enforce',
    notifications: { emails: ['soc@example.com'] },
    governor: { actionsPerHour: 3 },
    exceptions: [
      { id: 'tagged', reason: 'named by tags', owner: 'ops', expires: '2999-12-31' },
      {
        id: 'over',
        reason: 'ended long ago; cost ${path.module} and %{ if } x',
        owner: 'ops',
        resource: 'arn:*:ec2:*:*:security-group/*',
        expires: '2020-01-31',
      },
    ],
    exemptTag: { enabled: true },
    tags: { team: '${path.module}' },
    breakGlass: { users: ['${path.module}'], roles: ['${path.module}'] },
  },
} as const;

export type Variant = keyof typeof variants;

/** Terraform variables that a stack has no value for. */
export const terraformVariables: { readonly [V in Variant]?: Readonly<Record<string, string>> } = {
  notified: { pagerduty_routing_key: 'R0123456789abcdefghijklmnopqrstu' },
};

/** The folder of a synthesized stack. */
export const stackDirectory = (variant: Variant): string => join(outDirectory, variant, 'stacks', 'suture');

type Resource = Readonly<Record<string, unknown>>;

/** A synthesized stack, to be asked questions. */
export class Stack {
  readonly text: string;
  readonly json: {
    readonly resource: Readonly<Record<string, Readonly<Record<string, Resource>>>>;
    readonly terraform: object;
    readonly provider: unknown;
  };

  /** @param from the settings that it was synthesized with, or its folder */
  constructor(from: Variant | { readonly directory: string }) {
    const directory = typeof from === 'string' ? stackDirectory(from) : from.directory;
    this.text = readFileSync(join(directory, 'cdk.tf.json'), 'utf8');
    this.json = JSON.parse(this.text);
  }

  /** Every resource of a type, by its address. */
  all(type: string): Record<string, Resource> {
    return Object.fromEntries(
      Object.entries(this.json.resource[type] ?? {}).map(([name, body]) => [`${type}.${name}`, body]),
    );
  }

  /** A resource by its address. */
  at(address: string): Resource {
    const [type = ''] = address.split('.');
    const found = this.all(type)[address];
    if (!found) throw new Error(`there is no ${address}; there are: ${Object.keys(this.all(type)).join(', ')}`);
    return found;
  }

  /** The only resource of a type. */
  only(type: string): Resource {
    const [first, ...more] = Object.values(this.all(type));
    if (!first || more.length > 0) throw new Error(`expected one ${type}, found ${more.length + (first ? 1 : 0)}`);
    return first;
  }

  /** A resource by one of its arguments. */
  named(type: string, key: string, value: string): Resource {
    const found = Object.values(this.all(type)).find((resource) => resource[key] === value);
    if (!found) throw new Error(`there is no ${type} with ${key} ${value}`);
    return found;
  }
}

/** JSON text within a resource, references replaced by the last part of their names. */
export const parsed = (text: unknown): { Statement: Record<string, unknown>[] } & Record<string, unknown> =>
  JSON.parse(String(text).replace(/\$\{[^}]*?(\w+)\}/g, '<$1>'));
