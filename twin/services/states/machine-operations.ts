import { AwsError } from '../../service';
import { loggingOf } from './execution-operations';
import { pageOf } from './paging';
import { machineOf, type StateMachine, type StatesOperations } from './state';
import { diagnose } from './validation';

/** @see https://docs.aws.amazon.com/step-functions/latest/apireference/API_TagResource.html */
const MOST_TAGS = 50;

const describe = (machine: StateMachine) => ({
  stateMachineArn: machine.arn,
  name: machine.name,
  status: 'ACTIVE' as const,
  definition: machine.definition,
  roleArn: machine.roleArn,
  type: 'STANDARD' as const,
  creationDate: machine.created,
  loggingConfiguration: loggingOf(machine.logging),
  tracingConfiguration: { enabled: machine.tracing },
  revisionId: machine.revisionId,
});

/** State machines, as Terraform made them. */
export const machineOperations: StatesOperations = {
  DescribeStateMachine: ({ stateMachineArn }, call) => describe(machineOf(call, stateMachineArn)),
  ListStateMachines({ maxResults, nextToken }, { state }) {
    const { items, next } = pageOf([...state.machines.values()], nextToken, maxResults);
    return {
      stateMachines: items.map(({ arn, name, created }) => ({
        stateMachineArn: arn,
        name,
        type: 'STANDARD',
        creationDate: created,
      })),
      ...next,
    };
  },
  ValidateStateMachineDefinition({ definition = '', severity = 'ERROR', maxResults = 0 }, { twin }) {
    const diagnostics = diagnose(twin, definition);
    const most = maxResults || 100;
    return {
      result: diagnostics.length > 0 ? 'FAIL' : 'OK',
      // All that the twin finds are errors, which either severity shows.
      diagnostics: diagnostics.slice(0, most).map((found) => ({ ...found, severity: 'ERROR' as typeof severity })),
      truncated: diagnostics.length > most,
    };
  },
  ListTagsForResource: ({ resourceArn }, call) => ({
    tags: [...tagged(call, resourceArn).tags].map(([key, value]) => ({ key, value })),
  }),
  TagResource({ resourceArn, tags = [] }, call) {
    const machine = tagged(call, resourceArn);
    const together = new Map([...machine.tags, ...tags.map(({ key = '', value = '' }) => [key, value] as const)]);
    if (together.size > MOST_TAGS)
      throw new AwsError('TooManyTags', `Too Many Tags: '${resourceArn}'`, { members: { resourceName: resourceArn } });
    for (const [key, value] of together) machine.tags.set(key, value);
    return {};
  },
  UntagResource({ resourceArn, tagKeys = [] }, call) {
    const { tags } = tagged(call, resourceArn);
    for (const key of tagKeys) tags.delete(key);
    return {};
  },
};

/** @throws AwsError for what has no tags: only state machines have, of what the twin simulates. */
function tagged(call: Parameters<typeof machineOf>[0], arn: string | undefined): StateMachine {
  try {
    return machineOf(call, arn);
  } catch (error) {
    if (!(error instanceof AwsError) || error.code !== 'StateMachineDoesNotExist') throw error;
    throw new AwsError('ResourceNotFound', `Resource not found: '${arn}'`, { members: { resourceName: arn } });
  }
}
