import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import { type Policy, readPolicy } from '../functions/core/policy';
import { UsageError } from './terminal';

/** The checkout that the command runs from. */
export const root = resolve(__dirname, '..');

/** What the command reads of a synthesized stack. */
interface StackFile {
  readonly provider?: { readonly aws?: readonly { readonly region?: string }[] };
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined>>;
}

/** A rule of a stack, with what it invokes. */
export interface StackRule {
  readonly name: string;
  readonly pattern: string;
  readonly functions: readonly string[];
}

/** A synthesized stack, as far as it answers questions about decisions. */
export class SynthesizedStack {
  private readonly file: StackFile;

  /** @throws UsageError if nothing was synthesized there. */
  constructor(named: string | undefined) {
    const path = join(resolve(named ?? join(root, 'cdktf.out', 'stacks', 'suture')), 'cdk.tf.json');
    if (!existsSync(path)) throw new UsageError(`${path}: no such file; make it with: npm run build`);
    this.file = JSON.parse(readFileSync(path, 'utf8')) as StackFile;
  }

  rules(): StackRule[] {
    const functions = this.file.resource.aws_lambda_function ?? {};
    const targets = Object.values(this.file.resource.aws_cloudwatch_event_target ?? {});
    return Object.entries(this.file.resource.aws_cloudwatch_event_rule ?? {}).flatMap(
      ([address, { name, event_pattern: pattern }]) => {
        if (typeof pattern !== 'string') return [];
        const invoked = targets
          .filter(({ rule }) => rule === `\${aws_cloudwatch_event_rule.${address}.name}`)
          .flatMap(({ arn }) => /aws_lambda_function\.([\w-]+)\.arn/.exec(String(arn))?.[1] ?? []);
        return [
          { name: String(name), pattern, functions: invoked.map((one) => String(functions[one]?.function_name)) },
        ];
      },
    );
  }

  /** The Region that the stack is applied to. */
  region(): string | undefined {
    return this.file.provider?.aws?.[0]?.region;
  }

  /** AWS Config rules that ask a function of the stack. */
  configRules(): { readonly name: string; readonly function: string }[] {
    const functions = this.file.resource.aws_lambda_function ?? {};
    return Object.values(this.file.resource.aws_config_config_rule ?? {}).flatMap(({ name, source }) => {
      const address = /aws_lambda_function\.([\w-]+)\.arn/.exec(JSON.stringify(source ?? {}))?.[1];
      return address === undefined
        ? []
        : [{ name: String(name), function: String(functions[address]?.function_name ?? address) }];
    });
  }

  policy(): Policy {
    const items = Object.values(this.file.resource.aws_dynamodb_table_item ?? {}).map(({ item }) =>
      unmarshall(JSON.parse(String(item))),
    );
    return readPolicy(items.find(({ pk }) => pk === 'POLICY')).policy;
  }
}
