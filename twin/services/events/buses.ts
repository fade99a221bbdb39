import { AwsError } from '../../service';
import { bus, busName, type EventsCall, type EventsOperations, type EventsState } from './state';

/** What a bus tells of who may put events on it. Undefined if nobody but its account. */
export function busPolicy({ policies }: EventsState, name: string): object | undefined {
  const statements = [...(policies.get(name)?.values() ?? [])];
  return statements.length > 0 ? { Version: '2012-10-17', Statement: statements } : undefined;
}

/** Sets the whole policy of a bus, each statement by its Sid. */
export function setPolicy({ policies }: EventsState, name: string, text: string): void {
  const { Statement = [] } = JSON.parse(text) as { Statement?: object | object[] };
  const statements = (Array.isArray(Statement) ? Statement : [Statement]) as { Sid?: string }[];
  policies.set(name, new Map(statements.map((statement, at) => [statement.Sid ?? String(at), statement])));
}

const describe = (call: EventsCall, name: string) => {
  const policy = busPolicy(call.state, name);
  return { Name: name, Arn: call.arn(`event-bus/${name}`), ...(policy && { Policy: JSON.stringify(policy) }) };
};

/** Buses, and who may put events on them. */
export const busOperations: EventsOperations = {
  CreateEventBus({ Name = '' }, call) {
    if (!/^[\w./-]{1,256}$/.test(Name) || Name.startsWith('aws.'))
      throw new AwsError('ValidationException', `Event bus name ${Name} is not valid.`);
    if (call.state.buses.has(Name))
      throw new AwsError('ResourceAlreadyExistsException', `Event bus ${Name} already exists.`);
    call.state.buses.set(Name, new Map());
    return { EventBusArn: call.arn(`event-bus/${Name}`) };
  },
  DeleteEventBus({ Name = '' }, { state }) {
    if (Name === 'default') throw new AwsError('ValidationException', 'Cannot delete event bus default.');
    if ((state.buses.get(Name)?.size ?? 0) > 0)
      throw new AwsError('ValidationException', "Event bus can't be deleted since it has rules.");
    state.buses.delete(Name);
    state.policies.delete(Name);
    return {};
  },
  ListEventBuses: ({ NamePrefix = '' }, call) => ({
    EventBuses: [...call.state.buses.keys()]
      .filter((name) => name.startsWith(NamePrefix))
      .map((name) => describe(call, name)),
  }),
  DescribeEventBus({ Name }, call) {
    bus(call, Name);
    return describe(call, busName(Name));
  },
  PutPermission({ EventBusName, Action, Principal = '', StatementId = '', Condition, Policy }, call) {
    bus(call, EventBusName);
    const name = busName(EventBusName);
    if (Policy !== undefined) {
      setPolicy(call.state, name, Policy);
      return {};
    }
    if (Action !== 'events:PutEvents')
      throw new AwsError('ValidationException', `Provided value in parameter 'action' is not supported.`);
    const statements = call.state.policies.get(name) ?? new Map<string, object>();
    call.state.policies.set(
      name,
      statements.set(StatementId, {
        Sid: StatementId,
        Effect: 'Allow',
        Principal: Principal === '*' ? '*' : { AWS: `arn:aws:iam::${Principal}:root` },
        Action,
        Resource: call.arn(`event-bus/${name}`),
        ...(Condition && { Condition: { [String(Condition.Type)]: { [String(Condition.Key)]: Condition.Value } } }),
      }),
    );
    return {};
  },
  RemovePermission({ EventBusName, StatementId = '', RemoveAllPermissions = false }, call) {
    bus(call, EventBusName);
    const statements = call.state.policies.get(busName(EventBusName));
    if (RemoveAllPermissions) statements?.clear();
    else if (!statements?.delete(StatementId))
      throw new AwsError('ResourceNotFoundException', 'Statement with the provided id does not exist.');
    return {};
  },
};
