import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { Names, Random } from './random';
import { B, BINARY, N, NARROW, S, type Step, step, WIDE } from './steps';

const NUMBERS = ['0', '1', '2', '3', '-1', '10', '2.5', '-0.5', '1e3', '1.0', '100000000000000000000', '0.001'];
const TEXTS = ['a', 'b', 'ab', 'abc', 'ä', '😀', 'z', ''];

type Item = Record<string, AttributeValue>;

/** Makes requests of all kinds, over few enough keys and values that they meet. */
class Requests {
  constructor(private readonly random: Random) {}

  scalar(): AttributeValue {
    const { random } = this;
    return random.pick([
      () => S(random.pick(TEXTS)),
      () => N(random.pick(NUMBERS)),
      () => N(random.pick(NUMBERS)),
      () => B(...random.some(2, () => random.below(3))),
      () => ({ BOOL: random.chance(0.5) }),
      () => ({ NULL: true as const }),
    ])();
  }

  set(): AttributeValue {
    const { random } = this;
    return random.pick([
      () => ({ SS: [...new Set(random.some(3, () => random.pick(TEXTS)))] }),
      () => ({ NS: [...new Set(random.some(3, () => random.pick(['1', '2', '10', '-1', '2.5'])))] }),
      () => ({ BS: [new Uint8Array([random.below(3)])] }),
    ])();
  }

  value(depth = 2): AttributeValue {
    const { random } = this;
    if (depth === 0 || random.chance(0.6)) return random.chance(0.8) ? this.scalar() : this.set();
    if (random.chance(0.5)) return { L: random.chance(0.1) ? [] : random.some(3, () => this.value(depth - 1)) };
    return { M: this.attributes(['x', 'y', 'l'], depth - 1) };
  }

  attributes(names: readonly string[], depth = 2): Item {
    return Object.fromEntries(names.filter(() => this.random.chance(0.6)).map((name) => [name, this.value(depth)]));
  }

  key(table: string): Item {
    const { random } = this;
    if (table === NARROW) return { n: N(random.pick(['1', '2', '3', '1.0'])) };
    const partition = { p: S(random.pick(['k1', 'k2', 'k3'])) };
    if (table === BINARY) return { ...partition, b: B(...random.some(2, () => random.below(4) * 80)) };
    return { ...partition, s: N(random.pick(['1', '2', '3', '4', '5', '-1', '2.5', '10'])) };
  }

  /** A key, or something like it. */
  roughKey(table: string): Item {
    const { random } = this;
    const key = this.key(table);
    if (random.chance(0.99)) return key;
    const name = random.pick(Object.keys(key));
    if (random.chance(0.3)) return { ...key, extra: S('x') };
    if (random.chance(0.5)) return Object.fromEntries(Object.entries(key).filter(([other]) => other !== name));
    return { ...key, [name]: this.scalar() };
  }

  item(table: string): Item {
    const { random } = this;
    const index: Item = {};
    if (table !== NARROW && random.chance(0.7)) index.g = S(random.pick(['g1', 'g2']));
    if (table === WIDE && random.chance(0.7)) index.h = N(random.pick(['1', '2', '3', '4', '5', '6', '7']));
    if (random.chance(0.005)) index.g = this.scalar();
    return { ...this.roughKey(table), ...index, ...this.attributes(['a', 'c', 'm', 'l', 'e']) };
  }

  path(names: Names): string {
    const { random } = this;
    let path = names.name(random.pick(['a', 'c', 'm', 'l', 'e', 'a', 'c']));
    while (random.chance(0.3)) {
      path += random.chance(0.5) ? `[${random.below(4)}]` : `.${names.name(random.pick(['x', 'y', 'l']))}`;
    }
    return path;
  }

  operand(names: Names): string {
    const { random } = this;
    if (random.chance(0.1)) return `size(${this.path(names)})`;
    return random.chance(0.4) ? this.path(names) : names.value(random.chance(0.8) ? this.scalar() : this.value());
  }

  condition(names: Names, depth = 2): string {
    const { random } = this;
    if (depth > 0 && random.chance(0.35)) {
      const [left, right] = [this.condition(names, depth - 1), this.condition(names, depth - 1)];
      return random.pick([
        () => `${left} AND ${right}`,
        () => `${left} or ${right}`,
        () => `(${left} OR ${right}) AND ${this.condition(names, 0)}`,
        () => `NOT ${left}`,
        () => `not (${left} AND ${right})`,
      ])();
    }
    const path = this.path(names);
    return random.pick([
      () => `${path} ${random.pick(['=', '<>', '<', '<=', '>', '>='])} ${this.operand(names)}`,
      () => `${this.operand(names)} ${random.pick(['=', '<>', '<', '>='])} ${path}`,
      () => `attribute_exists(${path})`,
      () => `attribute_not_exists(${path})`,
      () => `attribute_type(${path}, ${names.value(S(random.pick(['S', 'N', 'L', 'M', 'SS', 'NULL', 'X'])))})`,
      () => `begins_with(${path}, ${names.value(random.chance(0.9) ? S(random.pick(TEXTS)) : this.scalar())})`,
      () => `contains(${path}, ${names.value(this.scalar())})`,
      () => `contains(${path}, ${this.path(names)})`,
      () => `${path} BETWEEN ${this.operand(names)} AND ${this.operand(names)}`,
      () => `${path} IN (${random.some(3, () => this.operand(names)).join(', ')})`,
    ])();
  }

  assignment(names: Names): string {
    const { random } = this;
    const path = this.path(names);
    const number = () => names.value(N(random.pick(NUMBERS)));
    return random.pick([
      () => `${path} = ${names.value(this.value())}`,
      () => `${path} = ${this.path(names)}`,
      () => `${path} = ${this.path(names)} + ${number()}`,
      () => `${path} = ${number()} - ${this.path(names)}`,
      () => `${path} = if_not_exists(${this.path(names)}, ${names.value(this.value())})`,
      () => `${path} = if_not_exists(${this.path(names)}, ${number()}) + ${number()}`,
      () => `${path} = list_append(${this.path(names)}, ${names.value({ L: [this.scalar()] })})`,
    ])();
  }

  update(names: Names): string {
    const { random } = this;
    const sections = [
      () => `SET ${random.some(3, () => this.assignment(names)).join(', ')}`,
      () => `REMOVE ${random.some(3, () => this.path(names)).join(', ')}`,
      () => `ADD ${this.path(names)} ${names.value(random.chance(0.6) ? N(random.pick(NUMBERS)) : this.set())}`,
      () => `DELETE ${this.path(names)} ${names.value(this.set())}`,
    ];
    const first = random.pick(sections);
    const second = random.pick(sections);
    const isBoth = random.chance(0.3) && first !== second;
    return isBoth ? `${first()} ${second()}` : first();
  }

  /** A condition for some writes. */
  conditional(names: Names): object {
    if (!this.random.chance(0.35)) return {};
    return {
      ConditionExpression: this.condition(names),
      ...(this.random.chance(0.5) && { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    };
  }

  put(table: string): object {
    const names = new Names(this.random);
    return { TableName: table, Item: this.item(table), ...this.conditional(names), ...names.members() };
  }

  delete(table: string): object {
    const names = new Names(this.random);
    return { TableName: table, Key: this.roughKey(table), ...this.conditional(names), ...names.members() };
  }

  updateItem(table: string): object {
    const names = new Names(this.random);
    const expressions = { UpdateExpression: this.update(names), ...this.conditional(names) };
    return { TableName: table, Key: this.roughKey(table), ...expressions, ...names.members() };
  }

  check(table: string): object {
    const names = new Names(this.random);
    const condition = { ConditionExpression: this.condition(names) };
    return { TableName: table, Key: this.key(table), ...condition, ...names.members() };
  }

  get(table: string): object {
    const names = new Names(this.random);
    const projection = this.random.chance(0.5) && { ProjectionExpression: this.projection(names) };
    const used = Object.keys(names.names).length > 0 && { ExpressionAttributeNames: names.names };
    return { TableName: table, Key: this.roughKey(table), ...projection, ...used };
  }

  projection(names: Names): string {
    return this.random.some(3, () => this.path(names)).join(', ');
  }

  /** Distinct keys, since DynamoDB Local does not know that 1.0 is 1. */
  distinct<T>(table: string, most: number, of: (request: T) => Item, make: () => T): T[] {
    const names = table === NARROW ? ['n'] : table === BINARY ? ['p', 'b'] : ['p', 's'];
    const identity = (request: T) => JSON.stringify(names.map((name) => of(request)[name])).replaceAll('1.0', '1');
    return [...new Map(this.random.some(most, make).map((request) => [identity(request), request])).values()];
  }

  query(): Step {
    const { random } = this;
    const names = new Names(random);
    const [table, index, partition, sort, partitions] = random.pick([
      [WIDE, undefined, 'p', 's', ['k1', 'k2', 'k3']],
      [WIDE, undefined, 'p', 's', ['k1', 'k2', 'k3']],
      [WIDE, 'local', 'p', 'g', ['k1', 'k2', 'k3']],
      [WIDE, 'global', 'g', 'h', ['g1', 'g2']],
      [BINARY, undefined, 'p', 'b', ['k1', 'k2', 'k3']],
      [BINARY, 'all', 'g', undefined, ['g1', 'g2']],
    ] as const);
    const limit = () => {
      if (random.chance(0.01)) return this.scalar();
      if (sort === 'g') return S(random.pick(['g1', 'g2', 'g']));
      return sort === 'b' ? B(random.below(4) * 80) : N(random.pick(['1', '2', '3', '4', '5', '-1']));
    };
    const value = () => names.value(limit());
    const comparisons = [
      () => `${sort} ${random.pick(['=', '<', '<=', '>', '>='])} ${value()}`,
      () => `${value()} ${random.pick(['<', '>='])} ${sort}`,
      () => `${sort} BETWEEN ${value()} AND ${value()}`,
      () => `begins_with(${sort}, ${value()})`,
    ];
    const first = `${names.name(partition)} = ${names.value(S(random.pick(partitions)))}`;
    const condition = sort && random.chance(0.6) ? `${first} AND ${random.pick(comparisons)()}` : first;
    const isCount = random.chance(0.1);
    const input = {
      TableName: table,
      ...(index && { IndexName: index }),
      KeyConditionExpression: condition,
      ...(random.chance(0.3) && { FilterExpression: this.condition(names, 1) }),
      ...(!isCount && random.chance(0.2) && { ProjectionExpression: this.projection(names) }),
      ...(isCount && { Select: 'COUNT' }),
      ...(random.chance(0.3) && { ScanIndexForward: random.chance(0.3) }),
      ...(random.chance(0.3) && { Limit: 1 + random.below(4) }),
      ...(index === undefined && random.chance(0.1) && { ExclusiveStartKey: this.roughKey(table) }),
      ...(random.chance(0.2) && { ConsistentRead: true }),
    };
    // Which of two items with the same key of an index comes first is open.
    return { ...step('Query', { ...input, ...names.members() }), ...(index && { unordered: true as const }) };
  }

  scan(): Step {
    const { random } = this;
    const names = new Names(random);
    const [table, index] = random.pick([[WIDE], [NARROW], [BINARY], [WIDE, 'global'], [BINARY, 'all']]);
    const input = {
      TableName: table,
      ...(index && { IndexName: index }),
      ...(random.chance(0.5) && { FilterExpression: this.condition(names, 1) }),
      ...(random.chance(0.3) && { ProjectionExpression: this.projection(names) }),
      ...(random.chance(0.5) && { Limit: 1 + random.below(5) }),
    };
    return { ...step('Scan', { ...input, ...names.members() }), unordered: true };
  }

  batch(): Step {
    const { random } = this;
    const table = random.pick([WIDE, NARROW, BINARY]);
    if (random.chance(0.4)) {
      const Keys = this.distinct(
        table,
        4,
        (key: Item) => key,
        () => this.roughKey(table),
      );
      return { ...step('BatchGetItem', { RequestItems: { [table]: { Keys } } }), unordered: true };
    }
    const keyOf = (request: { PutRequest?: { Item: Item }; DeleteRequest?: { Key: Item } }) =>
      request.PutRequest?.Item ?? request.DeleteRequest?.Key ?? {};
    const requests = this.distinct(table, 4, keyOf, () =>
      random.chance(0.7)
        ? { PutRequest: { Item: this.item(table) } }
        : { DeleteRequest: { Key: this.roughKey(table) } },
    );
    return step('BatchWriteItem', { RequestItems: { [table]: requests } });
  }

  transaction(): Step {
    const { random } = this;
    const table = random.pick([WIDE, WIDE, NARROW, BINARY]);
    type Action = Record<string, { Key?: Item; Item?: Item }>;
    const keyOf = (action: Action) => Object.values(action).map(({ Key, Item }) => Key ?? Item ?? {})[0] ?? {};
    if (random.chance(0.3)) {
      const gets = this.distinct<Action>(table, 3, keyOf, () => ({ Get: this.get(table) }));
      return step('TransactGetItems', { TransactItems: gets });
    }
    const actions = this.distinct<Action>(table, 3, keyOf, () =>
      random.pick([
        () => ({ Put: this.put(table) }),
        () => ({ Update: this.updateItem(table) }),
        () => ({ Delete: this.delete(table) }),
        () => ({ ConditionCheck: this.check(table) }),
      ])(),
    );
    return step('TransactWriteItems', { TransactItems: actions });
  }

  next(): Step {
    const { random } = this;
    const table = random.pick([WIDE, WIDE, WIDE, NARROW, BINARY]);
    const returned = (values: readonly string[]) => random.chance(0.7) && { ReturnValues: random.pick(values) };
    const old = ['NONE', 'ALL_OLD', 'ALL_OLD', 'ALL_OLD'];
    const any = ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW'];
    const capacity = random.chance(0.2) && { ReturnConsumedCapacity: random.pick(['TOTAL', 'INDEXES', 'NONE']) };
    return random.pick([
      () => step('PutItem', { ...this.put(table), ...returned(old), ...capacity }),
      () => step('PutItem', { ...this.put(table), ...returned(old), ...capacity }),
      () => step('UpdateItem', { ...this.updateItem(table), ...returned(any), ...capacity }),
      () => step('UpdateItem', { ...this.updateItem(table), ...returned(any), ...capacity }),
      () => step('UpdateItem', { ...this.updateItem(table), ...returned(any), ...capacity }),
      () => step('DeleteItem', { ...this.delete(table), ...returned(old), ...capacity }),
      () => step('GetItem', { ...this.get(table), ...capacity }),
      () => this.query(),
      () => this.query(),
      () => this.scan(),
      () => this.batch(),
      () => this.transaction(),
    ])();
  }
}

/** A series of calls that depend on each other. */
export function randomSteps(count: number, seed: number): Step[] {
  const requests = new Requests(new Random(seed));
  return Array.from({ length: count }, () => requests.next());
}
