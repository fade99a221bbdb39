import { pageOf } from '../pages';
import { type ActionTarget, conflict, type HubOperations, hubOf, invalidInput, notFound, type Place } from './state';

/** @see https://docs.aws.amazon.com/securityhub/1.0/APIReference/API_CreateActionTarget.html */
const IDENTIFIER = /^[a-zA-Z0-9]{1,20}$/;
const LONGEST_NAME = 20;

/** Makes a custom action: what people choose in the console for some findings. @throws AwsError if Security Hub would not. */
export function createActionTarget(place: Place, id: string, name: string, description: string): ActionTarget {
  hubOf(place);
  if (!IDENTIFIER.test(id)) throw invalidInput(`Invalid parameter: Id: ${id}`);
  if (name === '' || name.length > LONGEST_NAME) throw invalidInput(`Invalid parameter: Name: ${name}`);
  const arn = `arn:aws:securityhub:${place.region}:${place.account}:action/custom/${id}`;
  if (place.state.actionTargets.has(arn)) throw conflict(`Action target ${arn} already exists`);
  const target = { arn, name, description };
  place.state.actionTargets.set(arn, target);
  return target;
}

function find({ state }: Place, arn: string | undefined): ActionTarget {
  const found = state.actionTargets.get(arn ?? '');
  if (!found) throw notFound(`Action target ${arn} is not found`);
  return found;
}

export const actionTargetOperations: HubOperations = {
  CreateActionTarget: ({ Id = '', Name = '', Description = '' }, call) => ({
    ActionTargetArn: createActionTarget(call, Id, Name, Description).arn,
  }),
  DescribeActionTargets({ ActionTargetArns, MaxResults, NextToken }, call) {
    hubOf(call);
    const all = ActionTargetArns?.map((arn) => find(call, arn)) ?? [...call.state.actionTargets.values()];
    const { items, next } = pageOf(all, NextToken, {
      limit: MaxResults,
      most: 100,
      refuse: (name) => invalidInput(`Invalid parameter: ${name}`),
    });
    return {
      ActionTargets: items.map(({ arn, name, description }) => ({
        ActionTargetArn: arn,
        Name: name,
        Description: description,
      })),
      ...(next !== undefined && { NextToken: next }),
    };
  },
  UpdateActionTarget({ ActionTargetArn, Name, Description }, call) {
    hubOf(call);
    const target = find(call, ActionTargetArn);
    if (Name !== undefined) target.name = Name;
    if (Description !== undefined) target.description = Description;
    return {};
  },
  DeleteActionTarget({ ActionTargetArn }, call) {
    hubOf(call);
    const { arn } = find(call, ActionTargetArn);
    call.state.actionTargets.delete(arn);
    return { ActionTargetArn: arn };
  },
};
