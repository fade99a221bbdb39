import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { clientConfig } from '../functions/core/aws';
import type { Home } from '../functions/core/remediation';

/** The account behind the credentials of whoever runs the command. */
export interface Account {
  /** What every client is made with. Credentials and endpoint come from where any AWS tool finds them. */
  readonly config: typeof clientConfig & { readonly region: string };
  readonly home: Home;
  /** ARN of who runs the command. */
  readonly caller: string;
}

/**
 * Asks AWS who runs the command.
 *
 * @param otherwise the Region where neither the environment nor the profile names one
 */
export async function connect(otherwise: string): Promise<Account> {
  const region = await regionOr(otherwise);
  const config = { ...clientConfig, region };
  const { Account: account, Arn: caller } = await new STSClient(config).send(new GetCallerIdentityCommand({}));
  if (!account || !caller) throw new Error('AWS does not say which account the credentials belong to');
  return { config, caller, home: { partition: caller.split(':')[1] ?? 'aws', account, region } };
}

/**
 * As the AWS CLI decides: `AWS_REGION`, `AWS_DEFAULT_REGION`, the profile.
 *
 * @see https://docs.aws.amazon.com/cli/latest/userguide/cli-configure-envvars.html
 */
async function regionOr(otherwise: string): Promise<string> {
  const named = process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION;
  if (named) return named;
  try {
    return await new STSClient({}).config.region();
  } catch {
    return otherwise;
  }
}
