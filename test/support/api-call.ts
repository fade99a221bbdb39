import { randomUUID } from 'node:crypto';

/** What a fabricated CloudTrail event says. */
export interface ApiCall {
  /** As in `aws.SERVICE`. */
  readonly service: string;
  readonly eventName: string;
  readonly request: Readonly<Record<string, unknown>> | null;
  /** ARN. @default a person who is nobody special */
  readonly actor?: string;
  readonly errorCode?: string;
  readonly region?: string;
  readonly id?: string;
  readonly at?: string;
}

export const MALLORY = 'arn:aws:iam::111122223333:user/mallory';

/** An API call as EventBridge delivers it. @see https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
export const apiCall = ({
  service,
  eventName,
  request,
  actor = MALLORY,
  errorCode,
  region = 'eu-west-1',
  id = randomUUID(),
  at = '2026-10-05T14:20:01Z',
}: ApiCall) => ({
  version: '0',
  id: randomUUID(),
  'detail-type': 'AWS API Call via CloudTrail',
  source: `aws.${service}`,
  account: '111122223333',
  time: at,
  region,
  resources: [],
  detail: {
    eventVersion: '1.11',
    userIdentity: { type: 'IAMUser', arn: actor, accountId: '111122223333' },
    eventTime: at,
    eventSource: `${service}.amazonaws.com`,
    eventName,
    awsRegion: region,
    sourceIPAddress: '198.51.100.10',
    userAgent: 'aws-cli/2.27.0',
    ...(errorCode !== undefined && { errorCode, errorMessage: 'not this time' }),
    requestParameters: request,
    responseElements: null,
    requestID: randomUUID(),
    eventID: id,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: '111122223333',
    eventCategory: 'Management',
  },
});
