import type { ConfigurationItem } from '@aws-sdk/client-config-service';
import type { Scope } from '../../service';
import type { Item } from './state';

const VERSION = '1.3';

/** What every form of an item begins with. Config tells items apart by the moment of their capture. */
const stateIdOf = ({ captured }: Item): number => captured.getTime();

/** An item as events and functions get it, without its configuration. */
const headOf = (item: Item, { account, region }: Scope) => ({
  configurationItemVersion: VERSION,
  configurationItemCaptureTime: item.captured.toISOString(),
  configurationStateId: stateIdOf(item),
  awsAccountId: account,
  configurationItemStatus: item.status,
  resourceType: item.type,
  resourceId: item.id,
  resourceName: item.name,
  ARN: item.arn,
  awsRegion: region,
  availabilityZone: item.availabilityZone,
  configurationStateMd5Hash: '',
  resourceCreationTime: item.created,
});

/** An item as events and functions get it. */
export const eventItem = (item: Item, scope: Scope) => ({
  relatedEvents: [],
  relationships: item.relationships.map(({ resourceType, resourceId, name }) => ({
    resourceId,
    resourceName: null,
    resourceType,
    name,
  })),
  configuration: item.configuration === null ? null : (JSON.parse(item.configuration) as unknown),
  supplementaryConfiguration: JSON.parse(item.supplementary) as unknown,
  tags: item.tags,
  ...headOf(item, scope),
});

/** What is left of an item that is too large for a message. */
export const itemSummary = (item: Item, scope: Scope, changeType: string) => ({ changeType, ...headOf(item, scope) });

/** An item as the API answers it: `arn` in small letters, the configuration as text. */
export const apiItem = (item: Item, scope: Scope): ConfigurationItem => ({
  ...baseItem(item, scope),
  configurationItemMD5Hash: '',
  tags: { ...item.tags },
  relatedEvents: [],
  relationships: item.relationships.map(({ resourceType, resourceId, name }) => ({
    resourceType: resourceType as 'AWS::EC2::VPC',
    resourceId,
    relationshipName: name,
  })),
});

/** An item as BatchGetResourceConfig answers it. */
export const baseItem = (item: Item, { account, region }: Scope) => ({
  version: VERSION,
  accountId: account,
  configurationItemCaptureTime: item.captured,
  configurationItemStatus: item.status,
  configurationStateId: String(stateIdOf(item)),
  arn: item.arn,
  resourceType: item.type as 'AWS::EC2::SecurityGroup',
  resourceId: item.id,
  ...(item.name !== null && { resourceName: item.name }),
  awsRegion: region,
  availabilityZone: item.availabilityZone,
  ...(item.created !== null && { resourceCreationTime: new Date(item.created) }),
  ...(item.configuration !== null && { configuration: item.configuration }),
  supplementaryConfiguration: Object.fromEntries(
    Object.entries(JSON.parse(item.supplementary) as Record<string, unknown>).map(([key, value]) => [
      key,
      JSON.stringify(value),
    ]),
  ),
  recordingFrequency: 'CONTINUOUS' as const,
  configurationItemDeliveryTime: item.captured,
});
