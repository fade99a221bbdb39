import { DataAwsCallerIdentity } from '@cdktf/provider-aws/lib/data-aws-caller-identity';
import { DataAwsPartition } from '@cdktf/provider-aws/lib/data-aws-partition';
import { DataAwsRegion } from '@cdktf/provider-aws/lib/data-aws-region';
import { Construct } from 'constructs';

/** The account that a stack is applied to, as Terraform finds it: nothing of it is known at synth. */
export class Account extends Construct {
  readonly id: string;
  readonly region: string;
  readonly partition: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.id = new DataAwsCallerIdentity(this, 'identity').accountId;
    this.region = new DataAwsRegion(this, 'region').region;
    this.partition = new DataAwsPartition(this, 'partition').partition;
  }

  /** An ARN in this account and Region: `arn('lambda', 'function:Name')`. */
  arn(service: string, resource: string): string {
    return `arn:${this.partition}:${service}:${this.region}:${this.id}:${resource}`;
  }

  /** The ARN of something of IAM, which knows no Regions: `iamArn('role/Name')`. */
  iamArn(resource: string): string {
    return `arn:${this.partition}:iam::${this.id}:${resource}`;
  }
}
