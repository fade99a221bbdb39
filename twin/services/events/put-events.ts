import { randomUUID } from 'node:crypto';
import { AwsError } from '../../service';
import { putEvents } from './delivery';
import { busName, type EventsOperations } from './state';

export const putEventsOperations: EventsOperations = {
  PutEvents({ Entries = [] }, { twin, account, region }) {
    if (Entries.length > 10)
      throw new AwsError(
        'ValidationException',
        "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member must have length less than or equal to 10",
      );
    const results = Entries.map(({ Source, DetailType, Detail, EventBusName, Resources = [], Time }) => {
      const problem = entryProblem(Source, DetailType, Detail);
      if (problem) return { ErrorCode: problem[0], ErrorMessage: problem[1] };
      const id = randomUUID();
      const time = `${(Time ?? twin.clock.now()).toISOString().slice(0, 19)}Z`;
      const event = {
        version: '0',
        id,
        'detail-type': DetailType,
        source: Source,
        account,
        time,
        region,
        resources: Resources,
        detail: JSON.parse(Detail ?? '{}') as object,
      };
      // A bus of another account is named by its ARN; what is put on a bus that is not there is lost, and nobody is told.
      const owner = EventBusName?.startsWith('arn:') ? (EventBusName.split(':')[4] ?? account) : account;
      putEvents(twin, { account: owner, region }, busName(EventBusName), [event]);
      return { EventId: id };
    });
    return { FailedEntryCount: results.filter((result) => 'ErrorCode' in result).length, Entries: results };
  },
};

/** @see https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEventsRequestEntry.html */
function entryProblem(
  source: string | undefined,
  detailType: string | undefined,
  detail: string | undefined,
): [code: string, message: string] | undefined {
  if (!source) return ['InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.'];
  if (source.startsWith('aws.')) return ['NotAuthorizedForSourceException', 'Not authorized for the source.'];
  if (!detailType)
    return ['InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.'];
  if (!detail) return ['InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.'];
  try {
    const value: unknown = JSON.parse(detail);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return undefined;
  } catch {
    // Said below.
  }
  return ['MalformedDetail', 'Detail is malformed.'];
}
