import { services } from '../services';
import { HOME_ACCOUNT, type Twin } from '../twin';

/** A data source as it stands in a stack. */
interface DataSource {
  readonly address: string;
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

interface Postcondition {
  readonly condition?: string;
  readonly error_message?: string;
}

/** What a data source of some type says. @throws Error for a type that the twin does not simulate; whatever Terraform would fail with */
export function dataOf(type: string, twin: Twin, region: string): Readonly<Record<string, unknown>> {
  switch (type) {
    case 'aws_caller_identity':
      return { account_id: HOME_ACCOUNT, id: HOME_ACCOUNT, arn: `arn:aws:iam::${HOME_ACCOUNT}:user/operator` };
    case 'aws_region':
      return { region, name: region, id: region };
    case 'aws_partition':
      return { partition: 'aws', id: 'aws', dns_suffix: 'amazonaws.com' };
    default: {
      const read = services.flatMap(({ dataSources = {} }) => dataSources[type] ?? [])[0];
      if (!read) throw new Error(`the twin does not simulate the data source ${type}`);
      return read({ twin, account: HOME_ACCOUNT, region });
    }
  }
}

/**
 * Reads those that look at what the account has, as Terraform does while it plans, whether or not something refers to them.
 *
 * @throws Error where one finds nothing, or something else than it should
 */
export function checkDataSources(sources: readonly DataSource[], twin: Twin, region: string): void {
  for (const { address, type, body } of sources.filter(({ type }) =>
    services.some(({ dataSources = {} }) => type in dataSources),
  )) {
    const found = dataOf(type, twin, region);
    const { postcondition = [] } = (body.lifecycle ?? {}) as { postcondition?: Postcondition | Postcondition[] };
    for (const { condition = '', error_message: message } of [postcondition].flat()) {
      const [, attribute = '', text] = /^\$\{self\.(\w+) != "([^"]*)"\}$/.exec(condition) ?? [];
      if (text === undefined) throw new Error(`data.${address}: the twin does not simulate the condition ${condition}`);
      if (found[attribute] === text) throw new Error(`data.${address}: ${message}`);
    }
  }
}
