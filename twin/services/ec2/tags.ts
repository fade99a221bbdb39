import type { Tag, TagDescription, TagSpecification } from '@aws-sdk/client-ec2';
import { type KindName, kindOf } from './ids';
import { listing } from './listing';
import { checkExists } from './lookups';
import { type Ec2Operations, type Ec2State, error, missingParameter } from './state';

type Tags = ReadonlyMap<string, string>;

/** @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Using_Tags.html#tag-restrictions */
const [MOST_TAGS, LONGEST_KEY, LONGEST_VALUE] = [50, 128, 256];

/** @throws AwsError for tags that no resource may have. */
function tagsIn(given: readonly Tag[]): Tags {
  const tags = new Map<string, string>();
  for (const { Key = '', Value = '' } of given) {
    if (Key === '') throw error('InvalidParameterValue', 'Tag key cannot be empty.');
    if (Key.startsWith('aws:'))
      throw error('InvalidParameterValue', `Tag keys starting with 'aws:' are reserved for internal use`);
    if (Key.length > LONGEST_KEY)
      throw error('InvalidParameterValue', `Tag key exceeds the maximum length of ${LONGEST_KEY} characters`);
    if (Value.length > LONGEST_VALUE)
      throw error('InvalidParameterValue', `Tag value exceeds the maximum length of ${LONGEST_VALUE} characters`);
    if (tags.has(Key)) throw error('InvalidParameterValue', `Duplicate tag key '${Key}' specified.`);
    tags.set(Key, Value);
  }
  return tags;
}

/** Old tags and new ones. @throws AwsError if they are too many. */
function together(old: Tags | undefined, added: Tags): Tags {
  const tags = new Map([...(old ?? []), ...added]);
  if (tags.size > MOST_TAGS) throw error('TagLimitExceeded', `More than ${MOST_TAGS} tags specified`);
  return tags;
}

/**
 * Tags given to what is being made.
 *
 * @throws AwsError for tags that it may not have; call this before anything is made.
 * @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_TagSpecification.html
 */
export const tagsAtCreation = (kind: KindName, specifications?: readonly TagSpecification[]): Tags =>
  tagsByKind([kind], specifications)(kind);

/** The same for a request that makes resources of several kinds. @throws AwsError */
export function tagsByKind<K extends string>(
  kinds: readonly K[],
  specifications: readonly TagSpecification[] = [],
): (kind: K) => Tags {
  for (const { ResourceType, Tags = [] } of specifications) {
    if (!kinds.some((kind) => kind === ResourceType))
      throw error(
        'InvalidParameterValue',
        `'${ResourceType}' is not a valid taggable resource type for this operation.`,
      );
    if (Tags.length === 0) throw error('InvalidParameterValue', 'Tag specification must have at least one tag');
  }
  const tagsOf = (kind: K) =>
    specifications.flatMap(({ ResourceType, Tags = [] }) => (ResourceType === kind ? Tags : []));
  const checked = new Map(kinds.map((kind) => [kind, together(undefined, tagsIn(tagsOf(kind)))]));
  return (kind) => checked.get(kind) ?? new Map();
}

export function setTags({ tags }: Ec2State, id: string, given: Tags): void {
  if (given.size > 0) tags.set(id, given);
  else tags.delete(id);
}

export const tagList = ({ tags }: Ec2State, id: string): { Key: string; Value: string }[] =>
  [...(tags.get(id) ?? [])].map(([Key, Value]) => ({ Key, Value }));

export const tagOperations: Ec2Operations = {
  /** All of them or none. */
  CreateTags({ Resources = [], Tags = [] }, { state }) {
    if (Resources.length === 0) throw missingParameter('resourceIdSet');
    if (Tags.length === 0) throw missingParameter('tagSet');
    for (const id of Resources) checkExists(state, id);
    const added = tagsIn(Tags);
    const changed = Resources.map((id) => [id, together(state.tags.get(id), added)] as const);
    for (const [id, tags] of changed) setTags(state, id, tags);
    return {};
  },
  /** Without tags all go; without a value any value does. What is not there needs no removal. */
  DeleteTags({ Resources = [], Tags }, { state }) {
    if (Resources.length === 0) throw missingParameter('resourceIdSet');
    for (const id of Resources) {
      const isRemoved = ([key, value]: readonly [string, string]) =>
        !Tags || Tags.some(({ Key, Value }) => Key === key && (Value === undefined || Value === value));
      setTags(state, id, new Map([...(state.tags.get(id) ?? [])].filter((tag) => !isRemoved(tag))));
    }
    return {};
  },
  DescribeTags(request, { state }) {
    const all = [...state.tags].flatMap(([id, tags]) =>
      [...tags].map(
        ([key, value]): TagDescription => ({
          ResourceId: id,
          ...(kindOf(id) && { ResourceType: kindOf(id) }),
          Key: key,
          Value: value,
        }),
      ),
    );
    const { items, next } = listing(all, request, {
      filters: {
        key: ({ Key }) => [Key],
        value: ({ Value }) => [Value],
        'resource-id': ({ ResourceId }) => [ResourceId],
        'resource-type': ({ ResourceType }) => [ResourceType],
      },
      tags: ({ Key = '', Value = '' }) => new Map([[Key, Value]]),
    });
    return { Tags: items, ...next };
  },
};
