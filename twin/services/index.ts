import type { Service } from '../service';
import { autoscaling } from './autoscaling';
import { cloudtrail } from './cloudtrail';
import { cloudwatch } from './cloudwatch';
import { config } from './config';
import { dynamodb } from './dynamodb';
import { ec2 } from './ec2';
import { elbv2 } from './elbv2';
import { events } from './events';
import { guardduty } from './guardduty';
import { iam } from './iam';
import { lambda } from './lambda';
import { logs } from './logs';
import { s3 } from './s3';
import { s3control } from './s3control';
import { securityhub } from './securityhub';
import { sns } from './sns';
import { sqs } from './sqs';
import { states } from './states';
import { sts } from './sts';

/** Every simulated service. The next one is a file beside these and a line here. */
// biome-ignore lint/suspicious/noExplicitAny: each service types its own SDK and state
export const services: readonly Service<any, any>[] = [
  autoscaling,
  cloudtrail,
  cloudwatch,
  config,
  dynamodb,
  ec2,
  elbv2,
  events,
  guardduty,
  iam,
  lambda,
  logs,
  s3,
  s3control,
  securityhub,
  sns,
  sqs,
  states,
  sts,
];
