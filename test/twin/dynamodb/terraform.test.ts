import { dynamodb } from '../../../twin/services/dynamodb';
import { watched } from '../../../twin/terraform/arguments';
import { Bench, type Item, key, N, put, S, TABLE, tableArn } from './support';

/** Makes a resource; says what of its arguments nobody has read. */
function apply(bench: Bench, type: string, values: object, tags: Record<string, string> = {}) {
  const { args, unread } = watched(values as Record<string, unknown>);
  const attributes = dynamodb.terraform?.[type]?.(args, bench.making(`${type}.it`, tags));
  return { attributes, unread: unread() };
}

const LEDGER = {
  name: TABLE,
  billing_mode: 'PAY_PER_REQUEST',
  hash_key: 'p',
  range_key: 's',
  attribute: [
    { name: 'p', type: 'S' },
    { name: 's', type: 'N' },
  ],
};
const described = (bench: Bench) => bench.run('DescribeTable', { TableName: TABLE }).Table;

describe('aws_dynamodb_table', () => {
  it('makes a table as the ledger is', () => {
    const bench = new Bench();
    const { attributes, unread } = apply(
      bench,
      'aws_dynamodb_table',
      { ...LEDGER, deletion_protection_enabled: true, point_in_time_recovery: { enabled: true } },
      { team: 'soc' },
    );
    expect(unread).toEqual([]);
    expect(attributes).toMatchObject({ id: TABLE, name: TABLE, arn: tableArn(TABLE), hash_key: 'p', range_key: 's' });
    expect(attributes?.stream_arn).toBe(`${tableArn(TABLE)}/stream/2026-01-01T00:00:00.000`);
    expect(described(bench)).toMatchObject({
      BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
      DeletionProtectionEnabled: true,
    });
    const { ContinuousBackupsDescription: backups } = bench.run('DescribeContinuousBackups', { TableName: TABLE });
    expect(backups.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus).toBe('ENABLED');
    expect(bench.run('ListTagsOfResource', { ResourceArn: tableArn(TABLE) }).Tags).toEqual([
      { Key: 'team', Value: 'soc' },
    ]);
  });

  it('makes indexes, TTL, encryption and capacity, whether blocks are lists or objects', () => {
    const bench = new Bench();
    const { unread } = apply(bench, 'aws_dynamodb_table', {
      name: TABLE,
      hash_key: 'p',
      range_key: 's',
      read_capacity: 5,
      write_capacity: 6,
      attribute: [
        { name: 'p', type: 'S' },
        { name: 's', type: 'N' },
        { name: 'g', type: 'S' },
      ],
      global_secondary_index: {
        name: 'global',
        hash_key: 'g',
        projection_type: 'INCLUDE',
        non_key_attributes: ['a'],
        read_capacity: 1,
        write_capacity: 2,
      },
      local_secondary_index: [{ name: 'local', range_key: 'g', projection_type: 'KEYS_ONLY' }],
      ttl: [{ attribute_name: 'until', enabled: true }],
      server_side_encryption: [{ enabled: true, kms_key_arn: 'arn:aws:kms:eu-west-1:111122223333:key/k' }],
      point_in_time_recovery: [{ enabled: true, recovery_period_in_days: 7 }],
    });
    expect(unread).toEqual([]);
    expect(described(bench)).toMatchObject({
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 6 },
      GlobalSecondaryIndexes: [
        {
          IndexName: 'global',
          KeySchema: [{ AttributeName: 'g', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['a'] },
          ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 2 },
        },
      ],
      LocalSecondaryIndexes: [
        {
          IndexName: 'local',
          KeySchema: [
            { AttributeName: 'p', KeyType: 'HASH' },
            { AttributeName: 'g', KeyType: 'RANGE' },
          ],
        },
      ],
      SSEDescription: { KMSMasterKeyArn: 'arn:aws:kms:eu-west-1:111122223333:key/k' },
    });
    put(bench, { ...key('a'), g: S('g'), until: N(bench.now.getTime() / 1000 + 1) });
    expect(bench.run('Scan', { TableName: TABLE, IndexName: 'global' }).Count).toBe(1);
    bench.pass(2);
    expect(bench.run('Scan', { TableName: TABLE, IndexName: 'global' }).Count).toBe(0);
  });

  it('has its streams listed as not simulated', () => {
    const streams = { stream_enabled: true, stream_view_type: 'NEW_AND_OLD_IMAGES' };
    const { unread } = apply(new Bench(), 'aws_dynamodb_table', { ...LEDGER, ...streams });
    expect(unread).toEqual(['stream_enabled', 'stream_view_type']);
  });

  it('does not make a table that AWS would not make', () => {
    const indexed = { ...LEDGER, attribute: [...LEDGER.attribute, { name: 'unused', type: 'S' }] };
    expect(() => apply(new Bench(), 'aws_dynamodb_table', indexed)).toThrow('Number of attributes in KeySchema');
  });
});

describe('aws_dynamodb_table_item', () => {
  const itemOf = (item: object) => ({ table_name: TABLE, hash_key: 'p', range_key: 's', item: JSON.stringify(item) });
  const withTable = () => {
    const bench = new Bench();
    apply(bench, 'aws_dynamodb_table', LEDGER);
    return bench;
  };

  it('puts an item, binaries from Base64', () => {
    const bench = withTable();
    const item = {
      ...key('POLICY'),
      document: { M: { list: { L: [{ B: 'AQID' }, { BS: ['AQ=='] }] }, n: { N: '1.0' } } },
    };
    const { attributes, unread } = apply(bench, 'aws_dynamodb_table_item', itemOf(item));
    expect(unread).toEqual([]);
    expect(attributes).toEqual({ id: 'Table|p|POLICY|s|1' });
    const stored: Item = bench.run('GetItem', { TableName: TABLE, Key: key('POLICY') }).Item;
    expect(stored.document).toEqual({
      M: { list: { L: [{ B: new Uint8Array([1, 2, 3]) }, { BS: [new Uint8Array([1])] }] }, n: N(1) },
    });
  });

  it('does not overwrite an item, and refuses one of another key', () => {
    const bench = withTable();
    put(bench, key('POLICY'));
    expect(() => apply(bench, 'aws_dynamodb_table_item', itemOf(key('POLICY')))).toThrow(
      'The conditional request failed',
    );
    expect(() =>
      apply(bench, 'aws_dynamodb_table_item', { ...itemOf(key('a')), hash_key: 's', range_key: 'p' }),
    ).toThrow('aws_dynamodb_table_item.it: the key of Table is p, s');
    expect(() => apply(bench, 'aws_dynamodb_table_item', { ...itemOf(key('a')), table_name: 'Missing' })).toThrow(
      'Requested resource not found',
    );
  });
});
