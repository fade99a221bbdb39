import type { Tag } from '@aws-sdk/client-config-service';
import { NextToken, pageOf } from './paging';
import { type ConfigOperations, type ConfigState, error } from './state';

/** @see https://docs.aws.amazon.com/config/latest/developerguide/tagging.html */
const MOST_TAGS = 50;

export function setTags({ tags }: ConfigState, arn: string, given: readonly Tag[]): void {
  const together = new Map([
    ...(tags.get(arn) ?? []),
    ...given.map(({ Key = '', Value = '' }) => [Key, Value] as const),
  ]);
  if (together.size > MOST_TAGS)
    throw error('TooManyTagsException', 'You have reached the limit of the number of tags you can use.');
  if (together.size > 0) tags.set(arn, together);
}

function taggable({ rules, recorder }: ConfigState, arn = ''): string {
  if (recorder?.arn !== arn && ![...rules.values()].some((rule) => rule.arn === arn))
    throw error('ResourceNotFoundException', `There is no resource ${arn}`);
  return arn;
}

export const tagOperations: ConfigOperations = {
  TagResource({ ResourceArn, Tags = [] }, { state }) {
    setTags(state, taggable(state, ResourceArn), Tags);
    return {};
  },
  UntagResource({ ResourceArn, TagKeys = [] }, { state }) {
    const tags = state.tags.get(taggable(state, ResourceArn));
    for (const key of TagKeys) tags?.delete(key);
    return {};
  },
  ListTagsForResource({ ResourceArn, Limit, NextToken: token }, { state }) {
    const tags = [...(state.tags.get(taggable(state, ResourceArn)) ?? [])].map(([Key, Value]) => ({ Key, Value }));
    const { items, next } = pageOf(tags, token, { limit: Limit, usual: 100 });
    return { Tags: items, ...NextToken(next) };
  },
};
