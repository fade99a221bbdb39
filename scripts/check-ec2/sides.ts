import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { EC2, EC2ServiceException, type SecurityGroupRule } from '@aws-sdk/client-ec2';
import type { Control } from '../../twin/control';
import { createTwinServer } from '../../twin/server';
import { addUser } from '../../twin/services/iam';
import { HOME_ACCOUNT, Twin } from '../../twin/twin';
import { GROUPS, LISTS, type Step } from './steps';

/** What came of a call: the code of an error, and what there is afterwards, which is the same text for the same rules. */
export interface Outcome {
  readonly error?: string;
  /** Not compared, but shown. */
  readonly message?: string;
  readonly after: readonly string[];
  readonly before: readonly string[];
}

type Method = (input: unknown) => Promise<Record<string, unknown>>;

const REGION = 'eu-west-1';
/** Instead of a code: the server itself failed, in HTML. */
export const BROKEN = 'broken';
const NOBODY = 'sgr-0123456789abcdef0';

/** One of the two that are compared, with its own ids for the same names. */
export class Side {
  private readonly ids = new Map<string, string>();
  private readonly client: EC2;

  constructor(
    settings: { readonly endpoint: string; readonly credentials: { accessKeyId: string; secretAccessKey: string } },
    private readonly settle: () => Promise<unknown> = async () => undefined,
    readonly stop: () => Promise<unknown> = async () => undefined,
  ) {
    this.client = new EC2({ ...settings, region: REGION, maxAttempts: 1 });
  }

  /** @throws whatever is no answer of EC2. */
  async run(step: Step): Promise<Outcome> {
    const read = () => (/PrefixList/.test(step.operation) ? this.entries() : this.rules());
    const before = await read();
    const result = await this.send(step).then(
      () => ({}),
      (error: unknown) => {
        if (error instanceof EC2ServiceException) return { error: error.name, message: error.message };
        const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
        if ($metadata?.httpStatusCode === 500) return { error: BROKEN };
        throw error;
      },
    );
    return { ...result, before, after: await read() };
  }

  private async send({ operation, input, name }: Step): Promise<void> {
    const method = (this.client[operation] as unknown as Method).bind(this.client);
    const output = await method(await this.resolve(input));
    await this.settle();
    const made = { ...output, ...(output.Vpc as object), ...(output.PrefixList as object) };
    const id = [made.GroupId, made.PrefixListId, made.VpcId].find((one) => typeof one === 'string');
    if (name !== undefined && typeof id === 'string') this.ids.set(name, id);
  }

  /** Puts this side's ids in the places of names. */
  private async resolve(value: unknown): Promise<unknown> {
    if (typeof value === 'string') return this.idOf(value);
    if (Array.isArray(value)) return Promise.all(value.map((one) => this.resolve(one)));
    if (value === null || typeof value !== 'object') return value;
    const entries = Object.entries(value).map(async ([key, inner]) => [key, await this.resolve(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  }

  private async idOf(text: string): Promise<string> {
    const [, name = '', direction, index] = /^<(\w+)(?: (in|out) (\d+))?>$/.exec(text) ?? [];
    if (name === '') return text;
    if (direction === undefined) return this.ids.get(name) ?? text;
    const rules = (await this.rulesOf(name)).filter(({ IsEgress }) => IsEgress === (direction === 'out'));
    return rules[Number(index)]?.SecurityGroupRuleId ?? NOBODY;
  }

  /** In an order that does not depend on ids. */
  private async rulesOf(group: string): Promise<SecurityGroupRule[]> {
    const Filters = [{ Name: 'group-id', Values: [this.ids.get(group) ?? ''] }];
    const { SecurityGroupRules = [] } = await this.client.describeSecurityGroupRules({ Filters });
    const sorted = SecurityGroupRules.map((rule) => [this.textOf(rule), rule] as const);
    return sorted.sort(([a], [b]) => (a < b ? -1 : 1)).map(([, rule]) => rule);
  }

  /** A rule as one line of text: `in tcp 22-22 10.0.0.0/8 office`. */
  private textOf(rule: SecurityGroupRule): string {
    const { IsEgress, IpProtocol, FromPort, ToPort, CidrIpv4, CidrIpv6, PrefixListId, Description } = rule;
    const id = PrefixListId ?? rule.ReferencedGroupInfo?.GroupId;
    const name = [...this.ids].find(([, one]) => one === id)?.[0];
    const peer = CidrIpv4 ?? CidrIpv6 ?? `<${name ?? id}>`;
    const description = Description ? ` ${Description}` : '';
    return `${IsEgress ? 'out' : 'in'} ${IpProtocol} ${FromPort}-${ToPort} ${peer}${description}`;
  }

  private async rules(): Promise<string[]> {
    const names = new Map(GROUPS.map((name) => [this.ids.get(name), name]));
    const Filters = [{ Name: 'group-id', Values: [...names.keys()].flatMap((id) => id ?? []) }];
    if (Filters[0]?.Values.length === 0) return [];
    const { SecurityGroupRules = [] } = await this.client.describeSecurityGroupRules({ Filters });
    return SecurityGroupRules.map((rule) => `${names.get(rule.GroupId)} ${this.textOf(rule)}`).sort();
  }

  private async entries(): Promise<string[]> {
    const lines: string[] = [];
    for (const list of LISTS.filter((name) => this.ids.has(name))) {
      const { Entries = [] } = await this.client.getManagedPrefixListEntries({ PrefixListId: this.ids.get(list) });
      lines.push(...Entries.map(({ Cidr }) => `${list} ${Cidr}`));
    }
    return lines.sort();
  }

  /** Revokes the rules that are not among those of an outcome. */
  async keepOnly({ after }: Outcome): Promise<void> {
    const wanted = [...after];
    for (const group of GROUPS) {
      const GroupId = this.ids.get(group) ?? '';
      for (const rule of await this.rulesOf(group)) {
        const at = wanted.indexOf(`${group} ${this.textOf(rule)}`);
        if (at >= 0) {
          wanted.splice(at, 1);
          continue;
        }
        const input = { GroupId, SecurityGroupRuleIds: [rule.SecurityGroupRuleId ?? ''] };
        await (rule.IsEgress
          ? this.client.revokeSecurityGroupEgress(input)
          : this.client.revokeSecurityGroupIngress(input));
      }
    }
  }
}

/** The twin, over HTTP like the other. Control calls are not part of it. */
export async function twinSide(): Promise<Side> {
  const twin = new Twin();
  const server = createTwinServer(twin, undefined as unknown as Control).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = addUser(twin, HOME_ACCOUNT, 'operator', { administrator: true });
  return new Side(
    { endpoint, credentials },
    () => twin.clock.advance(1),
    async () => {
      server.close();
      server.closeAllConnections();
      await twin.stop();
    },
  );
}

export const motoSide = (endpoint: string): Side =>
  new Side({ endpoint, credentials: { accessKeyId: 'moto', secretAccessKey: 'moto' } });

export const isSame = (a: Outcome, b: Outcome): boolean =>
  a.error === b.error && JSON.stringify(a.after) === JSON.stringify(b.after);
