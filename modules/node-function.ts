import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CloudwatchLogGroup } from '@cdktf/provider-aws/lib/cloudwatch-log-group';
import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { LambdaFunction } from '@cdktf/provider-aws/lib/lambda-function';
import { LambdaFunctionEventInvokeConfig } from '@cdktf/provider-aws/lib/lambda-function-event-invoke-config';
import { AssetType, TerraformAsset } from 'cdktf';
import { Construct } from 'constructs';
import { ConfigurationError } from '../functions/core/errors';
import type { DeadLetters } from './dead-letters';
import { type PolicyStatement, policyDocument, trustService } from './policy-document';

export interface NodeFunctionProps {
  /** Physical names, from `names.ts`. */
  readonly functionName: string;
  readonly roleName: string;
  readonly description: string;
  /** Directory below `functions/`; its zip was made by `scripts/bundle.ts`. */
  readonly source: string;
  /** Where the zips are. @default dist/functions */
  readonly bundleDirectory?: string;
  readonly runtime: string;
  /** Made once per stack, with a retention, so that Lambda never creates one by itself without. */
  readonly logGroup: CloudwatchLogGroup;
  /** What Lambda gives up on is sent here. */
  readonly deadLetters: DeadLetters;
  /** What the handler may do in AWS. Writing its own log and dead letters is always allowed. */
  readonly statements: readonly PolicyStatement[];
  readonly environment: Readonly<Record<string, string>>;
  /** Longest run, in seconds. @default 60 @see https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
  readonly timeoutSeconds?: number;
  /** Memory in MB; CPU comes in proportion. @default 512 */
  readonly memoryMegabytes?: number;
  /** How old an event may become before it is given up, in seconds. @default 3600 */
  readonly maximumEventAgeSeconds?: number;
}

/** One bundled handler with its role. */
export class NodeFunction extends Construct {
  readonly functionArn: string;
  /** By reference, so that what uses it waits for the function. */
  readonly functionName: string;
  /** As text. */
  readonly physicalName: string;

  constructor(scope: Construct, id: string, props: NodeFunctionProps) {
    super(scope, id);
    const { functionName, roleName, description, source, runtime, logGroup, deadLetters, statements, environment } =
      props;
    const { timeoutSeconds = 60, memoryMegabytes = 512, maximumEventAgeSeconds = 3600 } = props;
    if (timeoutSeconds > 900) throw new ConfigurationError(`timeoutSeconds must be at most 900, got ${timeoutSeconds}`);

    const { path, sha256Base64, sha256Hex } = readBundle(source, props.bundleDirectory);
    const code = new TerraformAsset(this, 'code', {
      path,
      type: AssetType.FILE,
      assetHash: sha256Hex.slice(0, 32).toUpperCase(),
    });
    const role = new IamRole(this, 'role', {
      name: roleName,
      description,
      assumeRolePolicy: trustService('lambda.amazonaws.com'),
    });
    const policy = new IamRolePolicy(this, 'policy', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([
        ...statements,
        { Sid: 'WriteItsLog', Action: ['logs:CreateLogStream', 'logs:PutLogEvents'], Resource: `${logGroup.arn}:*` },
        { Sid: 'LeaveDeadLetters', Action: 'sqs:SendMessage', Resource: deadLetters.queueArn },
      ]),
    });
    const lambda = new LambdaFunction(this, 'function', {
      functionName,
      description,
      role: role.arn,
      runtime,
      architectures: ['arm64'],
      handler: 'index.handler',
      filename: code.path,
      sourceCodeHash: sha256Base64,
      timeout: timeoutSeconds,
      memorySize: memoryMegabytes,
      environment: { variables: { ...environment } },
      // Our lines are JSON already; the JSON format would wrap the metric lines and hide them from CloudWatch.
      loggingConfig: { logFormat: 'Text', logGroup: logGroup.name },
      // A function that exists before its permissions fails its first events.
      dependsOn: [policy],
    });
    new LambdaFunctionEventInvokeConfig(this, 'retries', {
      functionName: lambda.functionName,
      maximumRetryAttempts: 2,
      maximumEventAgeInSeconds: maximumEventAgeSeconds,
      destinationConfig: { onFailure: { destination: deadLetters.queueArn } },
    });
    this.physicalName = functionName;
    this.functionArn = lambda.arn;
    this.functionName = lambda.functionName;
  }
}

/** @throws ConfigurationError if the function was not bundled. */
function readBundle(source: string, directory = join(__dirname, '..', 'dist', 'functions')) {
  const path = join(directory, `${source}.zip`);
  try {
    const { sha256Base64 } = JSON.parse(readFileSync(join(directory, `${source}.json`), 'utf8')) as {
      sha256Base64: string;
    };
    return { path, sha256Base64, sha256Hex: Buffer.from(sha256Base64, 'base64').toString('hex') };
  } catch (cause) {
    throw new ConfigurationError(`${path} is missing; make it with: npm run bundle`, { cause });
  }
}
