import { AwsError, type Service } from '../../service';
import { CLOUDTRAIL, type CloudTrailState, type LoggedEvent, type Trail } from './state';

type Sdk = typeof import('@aws-sdk/client-cloudtrail');

function find(state: CloudTrailState, reference: string | undefined): Trail {
  const found = [...state.trails.values()].find(({ name, arn }) => name === reference || arn === reference);
  if (!found) throw new AwsError('TrailNotFoundException', `Unknown trail: ${reference}`);
  return found;
}

const describe = ({ name, arn, homeRegion, bucket, multiRegion, globalEvents, validation }: Trail) => ({
  Name: name,
  TrailARN: arn,
  HomeRegion: homeRegion,
  S3BucketName: bucket,
  IsMultiRegionTrail: multiRegion,
  IncludeGlobalServiceEvents: globalEvents,
  LogFileValidationEnabled: validation,
  IsOrganizationTrail: false,
  HasCustomEventSelectors: false,
  HasInsightSelectors: false,
});

/** Trails and the history of API calls. Log files are not delivered to the bucket. */
export const cloudtrail: Service<Sdk, CloudTrailState> = {
  ...CLOUDTRAIL,
  sdk: () => require('@aws-sdk/client-cloudtrail') as Sdk,
  client: 'CloudTrailClient',
  resources: (_operation, input: { Name?: string; TrailName?: string; TrailNameList?: string[] }, call) => {
    const name = input.Name ?? input.TrailName;
    return name === undefined ? ['*'] : [name.startsWith('arn:') ? name : call.arn(`trail/${name}`)];
  },
  operations: {
    DescribeTrails({ trailNameList = [] }, { state, twin, account, region }) {
      const shadows = [...twin.statesOf(CLOUDTRAIL)]
        .filter((other) => other.account === account && other.region !== region)
        .flatMap((other) => [...other.state.trails.values()].filter(({ multiRegion }) => multiRegion));
      const visible = [...state.trails.values(), ...shadows];
      return {
        trailList: visible
          .filter(
            ({ name, arn }) =>
              trailNameList.length === 0 || trailNameList.includes(name) || trailNameList.includes(arn),
          )
          .map(describe),
      };
    },
    ListTrails: (_input, { state }) => ({
      Trails: [...state.trails.values()].map(({ name, arn, homeRegion }) => ({
        Name: name,
        TrailARN: arn,
        HomeRegion: homeRegion,
      })),
    }),
    GetTrail: ({ Name }, { state }) => ({ Trail: describe(find(state, Name)) }),
    GetTrailStatus({ Name }, { state }) {
      const { logging, startedAt, stoppedAt } = find(state, Name);
      return { IsLogging: logging, StartLoggingTime: startedAt, ...(stoppedAt && { StopLoggingTime: stoppedAt }) };
    },
    GetEventSelectors: ({ TrailName }, { state }) => ({
      TrailARN: find(state, TrailName).arn,
      EventSelectors: [
        { ReadWriteType: 'All', IncludeManagementEvents: true, DataResources: [], ExcludeManagementEventSources: [] },
      ],
    }),
    DeleteTrail({ Name }, { state }) {
      state.trails.delete(find(state, Name).name);
      return {};
    },
    UpdateTrail(
      { Name, S3BucketName, IsMultiRegionTrail, IncludeGlobalServiceEvents, EnableLogFileValidation },
      { state },
    ) {
      const old = find(state, Name);
      const multiRegion = IsMultiRegionTrail ?? old.multiRegion;
      const globalEvents = IncludeGlobalServiceEvents ?? old.globalEvents;
      if (multiRegion && !globalEvents)
        throw new AwsError(
          'InvalidParameterCombinationException',
          'Multi-Region trail must include global service events.',
        );
      const trail: Trail = {
        ...old,
        bucket: S3BucketName ?? old.bucket,
        multiRegion,
        globalEvents,
        validation: EnableLogFileValidation ?? old.validation,
      };
      state.trails.set(trail.name, trail);
      const {
        HomeRegion: _region,
        HasCustomEventSelectors: _custom,
        HasInsightSelectors: _insight,
        ...said
      } = describe(trail);
      return said;
    },
    StartLogging({ Name }, { state, twin }) {
      const trail = find(state, Name);
      trail.logging = true;
      trail.startedAt = twin.clock.now();
      return {};
    },
    StopLogging({ Name }, { state, twin }) {
      const trail = find(state, Name);
      trail.logging = false;
      trail.stoppedAt = twin.clock.now();
      return {};
    },
    LookupEvents({ LookupAttributes = [], StartTime, EndTime, MaxResults = 50, NextToken }, { state }) {
      const matching = state.history
        .filter(
          (event) =>
            LookupAttributes.every(({ AttributeKey, AttributeValue }) =>
              attributeOf(event, AttributeKey ?? '').includes(AttributeValue ?? ''),
            ) &&
            (!StartTime || event.time >= StartTime) &&
            (!EndTime || event.time <= EndTime),
        )
        .reverse();
      const from = Number(NextToken ?? 0);
      const page = matching.slice(from, from + MaxResults);
      return {
        Events: page.map(({ id, name, source, time, readOnly, user, accessKeyId, resources, record }) => ({
          EventId: id,
          EventName: name,
          EventSource: source,
          EventTime: time,
          ReadOnly: String(readOnly),
          Username: user,
          AccessKeyId: accessKeyId,
          Resources: resources.map((resource) => ({ ResourceType: resource.type, ResourceName: resource.name })),
          CloudTrailEvent: record,
        })),
        ...(from + MaxResults < matching.length && { NextToken: String(from + MaxResults) }),
      };
    },
  },
  terraform: {
    aws_cloudtrail: (args, making) => {
      const name = String(args.name);
      const { twin, account, region } = making;
      const arn = `arn:aws:cloudtrail:${region}:${account}:trail/${name}`;
      twin.state(CLOUDTRAIL, making).trails.set(name, {
        name,
        arn,
        homeRegion: region,
        bucket: String(args.s3_bucket_name),
        multiRegion: args.is_multi_region_trail === true,
        globalEvents: args.include_global_service_events !== false,
        validation: args.enable_log_file_validation === true,
        logging: args.enable_logging !== false,
        startedAt: twin.clock.now(),
      });
      return { arn, id: arn, home_region: region };
    },
  },
};

function attributeOf(event: LoggedEvent, key: string): string[] {
  switch (key) {
    case 'EventId':
      return [event.id];
    case 'EventName':
      return [event.name];
    case 'EventSource':
      return [event.source];
    case 'ReadOnly':
      return [String(event.readOnly)];
    case 'Username':
      return [event.user];
    case 'AccessKeyId':
      return [event.accessKeyId];
    case 'ResourceName':
      return event.resources.map(({ name }) => name);
    default:
      return event.resources.map(({ type }) => type);
  }
}
