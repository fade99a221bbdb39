import type { ReturnConsumedCapacity, ReturnItemCollectionMetrics, ReturnValue } from '@aws-sdk/client-dynamodb';
import type { Operations } from '../../service';
import { assertCapacityLevel, assertMetrics, collectionMetrics, itemReadUnits, Meter } from './capacity';
import { invalid, oneOf, refuseMembers } from './errors';
import type { Path } from './expressions';
import { copyItem, type Item } from './items';
import { parseProjection, project } from './paths';
import { type ExpressionInput, Placeholders } from './placeholders';
import { type DynamoDbCall, type DynamoDbState, type Sdk, tableOf } from './state';
import {
  type Change,
  commit,
  keyIn,
  type PreparedWrite,
  prepareDelete,
  preparePut,
  prepareUpdate,
  readKey,
} from './writes';

/** From before there were expressions; AWS advises against them. */
export const LEGACY_WRITE = ['Expected', 'ConditionalOperator', 'AttributeUpdates'];
export const LEGACY_READ = ['AttributesToGet', 'KeyConditions', 'QueryFilter', 'ScanFilter', 'ConditionalOperator'];

const RETURN_VALUES = ['ALL_NEW', 'UPDATED_OLD', 'ALL_OLD', 'NONE', 'UPDATED_NEW'];

/** The paths of a projection that is the only expression of its request; undefined for whole items. */
export function onlyProjection(
  input: ExpressionInput & { ProjectionExpression?: string | undefined },
): readonly Path[] | undefined {
  const { ProjectionExpression: text } = input;
  const placeholders = new Placeholders(input, [text]);
  const paths = text === undefined ? undefined : parseProjection(text, placeholders);
  placeholders.assertUsed();
  return paths;
}

/** A copy of an item, or of the parts that were asked for. */
export const shown = (item: Item, paths: readonly Path[] | undefined): Item =>
  paths ? project(item, paths) : copyItem(item);

interface WriteRequest {
  readonly TableName: string | undefined;
  readonly ReturnConsumedCapacity?: ReturnConsumedCapacity | undefined;
  readonly ReturnItemCollectionMetrics?: ReturnItemCollectionMetrics | undefined;
  readonly ReturnValues?: ReturnValue | undefined;
}

function write(input: WriteRequest, prepared: PreparedWrite, call: DynamoDbCall) {
  assertCapacityLevel(input.ReturnConsumedCapacity);
  assertMetrics(input.ReturnItemCollectionMetrics);
  const table = tableOf(call, input.TableName);
  prepared.assertNotEmpty(table);
  const change = prepared.plan(table, call.twin.clock.now());
  const metrics = collectionMetrics(table, change.key, input.ReturnItemCollectionMetrics);
  commit(change);
  const meter = new Meter(table, table.definition.name);
  meter.addWrite(change.before, change.after);
  const capacity = meter.report(input.ReturnConsumedCapacity);
  const attributes = returned(input.ReturnValues, change, prepared);
  return {
    ...(attributes && Object.keys(attributes).length > 0 && { Attributes: attributes }),
    ...(capacity && { ConsumedCapacity: capacity }),
    ...(metrics && { ItemCollectionMetrics: metrics }),
  };
}

/**
 * Of nested attributes that an update changes, only the parts that it names are returned, and nothing of what it removes as
 * it is afterwards.
 *
 * @see https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html#DDB-UpdateItem-request-ReturnValues
 * @see https://github.com/paritysuite/dynamodb-conformance/blob/main/tests/tier1/updateItem/basic.test.ts
 */
function returned(wanted: ReturnValue | undefined, change: Change, { paths }: PreparedWrite): Item | undefined {
  const { before, after } = change;
  switch (wanted) {
    case 'ALL_OLD':
      return before && copyItem(before);
    case 'ALL_NEW':
      return after && copyItem(after);
    case 'UPDATED_OLD':
      return before && project(before, [...(paths?.set ?? []), ...(paths?.removed ?? [])]);
    case 'UPDATED_NEW':
      return after && project(after, paths?.set ?? []);
    default:
      return undefined;
  }
}

/** PutItem and DeleteItem can return no more than the item that was there. */
function assertOldOrNone(wanted: ReturnValue | undefined): void {
  oneOf('returnValues', wanted, RETURN_VALUES);
  if (wanted !== undefined && wanted !== 'NONE' && wanted !== 'ALL_OLD') {
    throw invalid('ReturnValues can only be ALL_OLD or NONE');
  }
}

/** Reading and writing single items. */
export const itemOperations = {
  GetItem(input, call) {
    refuseMembers(call.twin, 'GetItem', input, LEGACY_READ);
    assertCapacityLevel(input.ReturnConsumedCapacity);
    const key = readKey(input.Key);
    const paths = onlyProjection(input);
    const table = tableOf(call, input.TableName);
    const item = table.find(keyIn(table, key), call.twin.clock.now());
    const meter = new Meter(table, table.definition.name);
    meter.addTable(itemReadUnits(item, input.ConsistentRead));
    const capacity = meter.report(input.ReturnConsumedCapacity);
    return { ...(item && { Item: shown(item, paths) }), ...(capacity && { ConsumedCapacity: capacity }) };
  },

  PutItem(input, call) {
    refuseMembers(call.twin, 'PutItem', input, LEGACY_WRITE);
    assertOldOrNone(input.ReturnValues);
    return write(input, preparePut(input), call);
  },

  UpdateItem(input, call) {
    refuseMembers(call.twin, 'UpdateItem', input, LEGACY_WRITE);
    oneOf('returnValues', input.ReturnValues, RETURN_VALUES);
    return write(input, prepareUpdate(input), call);
  },

  DeleteItem(input, call) {
    refuseMembers(call.twin, 'DeleteItem', input, LEGACY_WRITE);
    assertOldOrNone(input.ReturnValues);
    return write(input, prepareDelete(input), call);
  },
} satisfies Operations<Sdk, DynamoDbState>;
