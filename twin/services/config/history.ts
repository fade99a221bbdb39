import { apiItem, baseItem } from './items';
import { nextToken, pageOf } from './paging';
import type { Item } from './state';
import { type ConfigOperations, error, historyOf, isDeleted, liveItem, liveItems, recorderOf } from './state';

/** @see https://docs.aws.amazon.com/config/latest/APIReference/API_BatchGetResourceConfig.html */
const MOST_KEYS = 100;

const onPage = (all: readonly Item[], isDeletedToo: boolean): Item[] =>
  all.filter((item) => isDeletedToo || !isDeleted(item));

/** What was recorded. */
export const historyOperations: ConfigOperations = {
  GetResourceConfigHistory(
    {
      resourceType = '',
      resourceId = '',
      laterTime,
      earlierTime,
      chronologicalOrder = 'Reverse',
      limit,
      nextToken: token,
    },
    call,
  ) {
    recorderOf(call.state);
    if (laterTime && earlierTime && earlierTime > laterTime)
      throw error('InvalidTimeRangeException', 'The specified time range is not valid.');
    const all = historyOf(call.state, resourceType, resourceId);
    if (all.length === 0)
      throw error(
        'ResourceNotDiscoveredException',
        `Resource ${resourceId} of resourceType:${resourceType} is unknown or has not been discovered`,
      );
    const wanted = all.filter(
      ({ captured }) => (!laterTime || captured <= laterTime) && (!earlierTime || captured >= earlierTime),
    );
    if (chronologicalOrder === 'Reverse') wanted.reverse();
    const { items, next } = pageOf(wanted, token, { limit, usual: 10, most: 100 });
    return { configurationItems: items.map((item) => apiItem(item, call)), ...nextToken(next) };
  },

  BatchGetResourceConfig({ resourceKeys = [] }, call) {
    recorderOf(call.state);
    if (resourceKeys.length === 0 || resourceKeys.length > MOST_KEYS)
      throw error(
        'ValidationException',
        `1 validation error detected: Value at 'resourceKeys' failed to satisfy constraint: Member must have length between 1 and ${MOST_KEYS}`,
      );
    const found = resourceKeys.map((key) => ({
      key,
      item: liveItem(call.state, key.resourceType ?? '', key.resourceId ?? ''),
    }));
    return {
      baseConfigurationItems: found.flatMap(({ item }) => (item ? [baseItem(item, call)] : [])),
      unprocessedResourceKeys: found.flatMap(({ key, item }) => (item ? [] : [key])),
    };
  },

  ListDiscoveredResources(
    { resourceType = '', resourceIds = [], resourceName, limit, includeDeletedResources = false, nextToken: token },
    { state },
  ) {
    recorderOf(state);
    if (resourceIds.length > 0 && resourceName !== undefined)
      throw error('ValidationException', 'You can specify either resource IDs or a resource name, but not both.');
    const newest = [...(state.items.get(resourceType as string)?.values() ?? [])].flatMap((items) => items.slice(-1));
    const wanted = onPage(newest, includeDeletedResources).filter(
      ({ id, name }) =>
        (resourceIds.length === 0 || resourceIds.includes(id)) && (resourceName === undefined || name === resourceName),
    );
    const { items, next } = pageOf(wanted, token, { limit, usual: 100 });
    return {
      resourceIdentifiers: items.map((item) => ({
        resourceType: item.type as 'AWS::S3::Bucket',
        resourceId: item.id,
        ...(item.name !== null && { resourceName: item.name }),
        ...(isDeleted(item) && { resourceDeletionTime: item.captured }),
      })),
      ...nextToken(next),
    };
  },

  GetDiscoveredResourceCounts({ resourceTypes = [], limit, nextToken: token }, { state }) {
    const all = [...state.items.keys()]
      .filter((type) => resourceTypes.length === 0 || resourceTypes.includes(type))
      .map((type) => ({ resourceType: type as 'AWS::S3::Bucket', count: [...liveItems(state, type)].length }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count);
    const { items, next } = pageOf(all, token, { limit, usual: 100 });
    return {
      totalDiscoveredResources: all.reduce((sum, { count }) => sum + count, 0),
      resourceCounts: items,
      ...nextToken(next),
    };
  },
};
