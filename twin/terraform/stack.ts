import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Making, ResourceType } from '../service';
import { services } from '../services';
import { recordLoad } from '../services/config/recording';
import { HOME_ACCOUNT, type Twin } from '../twin';
import { block, plain, watched } from './arguments';
import { checkDataSources, dataOf } from './data-sources';
import { evaluate, referencesIn } from './expressions';

/** A synthesized stack, as Terraform's JSON syntax has it. */
interface StackFile {
  readonly provider?: Readonly<Record<string, unknown>>;
  readonly variable?: Readonly<Record<string, { readonly default?: unknown; readonly type?: string }>>;
  readonly locals?: Readonly<Record<string, unknown>>;
  readonly data?: Blocks;
  readonly resource?: Blocks;
  readonly output?: unknown;
}
type Blocks = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** Arguments that Terraform itself reads. */
const META_ARGUMENTS = ['depends_on', 'lifecycle', 'provider', '//'];
/** Meta-arguments that would make another number of resources. */
const REFUSED_ARGUMENTS = ['count', 'for_each', 'provisioner', 'connection'];
/** Resource types without run-time behaviour that the twin could show. None so far. */
const WITHOUT_BEHAVIOUR: readonly string[] = [];

/** A synthesized stack: what `terraform apply` would make of it. */
export class Stack {
  readonly region: string;
  private readonly file: StackFile;
  readonly name: string;
  private installed = false;
  private readonly watches: { address: string; unread(): string[] }[] = [];

  constructor(
    private readonly twin: Twin,
    private readonly directory: string,
    private readonly variables: Readonly<Record<string, string>>,
  ) {
    this.file = JSON.parse(readFileSync(join(directory, 'cdk.tf.json'), 'utf8')) as StackFile;
    this.name = directory.split(/[\\/]/).at(-1) ?? 'stack';
    this.region = String(this.provider().region ?? 'us-east-1');
  }

  get isInstalled(): boolean {
    return this.installed;
  }

  /** Names of the variables that it declares. */
  get declared(): string[] {
    return Object.keys(this.file.variable ?? {});
  }

  /** Arguments of resources that nothing read, by address. */
  unreadArguments(): { address: string; argument: string }[] {
    return this.watches.flatMap(({ address, unread }) => unread().map((argument) => ({ address, argument })));
  }

  /**
   * Makes every resource, in the order of their references. Triggers nothing.
   *
   * @throws Error that names resource types, arguments or references that cannot be simulated; then nothing was made.
   */
  install(): void {
    if (this.installed) throw new Error(`${this.name} is installed already`);
    const types = new Map<string, ResourceType>(services.flatMap(({ terraform = {} }) => Object.entries(terraform)));
    const resources = entries(this.file.resource);
    const unknown = [...new Set(resources.map(({ type }) => type))].filter(
      (type) => !types.has(type) && !WITHOUT_BEHAVIOUR.includes(type),
    );
    if (unknown.length > 0) throw new Error(`the twin does not simulate these resource types: ${unknown.join(', ')}`);
    for (const { address, body } of resources) {
      const refused = REFUSED_ARGUMENTS.filter((name) => name in body);
      if (refused.length > 0) throw new Error(`${address}: the twin does not simulate ${refused.join(', ')}`);
    }

    checkDataSources(entries(this.file.data), this.twin, this.region);
    const defaultTags = block(this.provider().default_tags).tags as Record<string, string> | undefined;
    const attributes = new Map<string, Record<string, unknown>>();
    const resolve = (path: readonly (string | number)[]) => this.resolve(path, attributes);
    for (const { address, type, body } of inOrder(resources)) {
      const own = Object.fromEntries(Object.entries(body).filter(([name]) => !META_ARGUMENTS.includes(name)));
      const values = evaluate(own, resolve) as Record<string, unknown>;
      const { args, unread } = watched(values);
      const making: Making = {
        twin: this.twin,
        account: HOME_ACCOUNT,
        region: String(args.region ?? this.region),
        address,
        // Read when a service asks for them, so that they count as simulated only there.
        get tags() {
          return { ...defaultTags, ...plain(args.tags as Record<string, string> | undefined) };
        },
        file: (relative) => join(this.directory, relative),
      };
      attributes.set(address, { ...values, ...types.get(type)?.(args, making) });
      this.watches.push({ address, unread });
    }
    recordLoad(this.twin);
    this.installed = true;
  }

  private provider(): Record<string, unknown> {
    const [first] = Object.values(this.file.provider ?? {});
    return evaluate(plain((Array.isArray(first) ? first[0] : first) ?? {}), (path) =>
      this.resolve(path, new Map()),
    ) as Record<string, unknown>;
  }

  private resolve(
    path: readonly (string | number)[],
    attributes: ReadonlyMap<string, Record<string, unknown>>,
  ): unknown {
    const [first, second, third] = path;
    if (first === 'var') return this.variable(String(second));
    if (first === 'local')
      return evaluate(this.file.locals?.[String(second)], (inner) => this.resolve(inner, attributes));
    const isData = first === 'data';
    const address = isData ? `data.${second}.${third}` : `${first}.${second}`;
    const found = isData ? dataOf(String(second), this.twin, this.region) : attributes.get(address);
    if (!found) throw new Error(`${path.join('.')}: there is no ${address}`);
    let value: unknown = found;
    for (const part of path.slice(isData ? 3 : 2))
      value = (value as Record<string | number, unknown> | undefined)?.[part];
    if (value === undefined) throw new Error(`${path.join('.')}: the twin gives ${address} no such attribute`);
    return value;
  }

  private variable(name: string): unknown {
    const declared = this.file.variable?.[name];
    const given = this.variables[name];
    if (given === undefined) {
      if (declared?.default === undefined)
        throw new Error(`the variable ${name} has no value; give one by --var ${name}=… or TF_VAR_${name}`);
      return declared.default;
    }
    return declared?.type === 'string' || declared?.type === undefined ? given : JSON.parse(given);
  }
}

interface Resource {
  readonly address: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

const entries = (blocks: Blocks = {}): Resource[] =>
  Object.entries(blocks).flatMap(([type, named]) =>
    Object.entries(named).map(([name, body]) => ({ address: `${type}.${name}`, type, body })),
  );

/** Whatever a resource refers to comes before it. */
function inOrder(resources: readonly Resource[]): Resource[] {
  const byAddress = new Map(resources.map((resource) => [resource.address, resource]));
  const ordered = new Set<Resource>();
  const visit = (resource: Resource, trail: readonly string[]): void => {
    if (ordered.has(resource)) return;
    if (trail.includes(resource.address))
      throw new Error(`resources refer to each other in a circle: ${[...trail, resource.address].join(' → ')}`);
    const { '//': _notes, depends_on: explicit = [], ...body } = resource.body;
    const needed = [...referencesIn(body).map(([type, name]) => `${type}.${name}`), ...(explicit as string[])];
    for (const address of needed) {
      const other = byAddress.get(address);
      if (other && other !== resource) visit(other, [...trail, resource.address]);
    }
    ordered.add(resource);
  };
  for (const resource of resources) visit(resource, []);
  return [...ordered];
}
