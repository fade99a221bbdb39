import { BUCKET, ConfigBench, FOUNDATION, type Resources, SECURITY_GROUP, tcp } from './support';

let bench: ConfigBench;
afterEach(() => bench.stop());

describe('a stack', () => {
  const RECORDED: Resources = {
    ...FOUNDATION,
    aws_config_configuration_recorder: {
      main: {
        name: 'default',
        role_arn: '${aws_iam_role.config.arn}',
        recording_group: [{ all_supported: false, resource_types: [SECURITY_GROUP, 'AWS::S3::Bucket'] }],
        recording_mode: [{ recording_frequency: 'CONTINUOUS' }],
      },
    },
    aws_config_delivery_channel: {
      main: {
        name: 'default',
        s3_bucket_name: '${aws_s3_bucket.logs.bucket}',
        depends_on: ['aws_config_configuration_recorder.main', 'aws_s3_bucket_policy.logs'],
      },
    },
    aws_config_configuration_recorder_status: {
      main: {
        name: '${aws_config_configuration_recorder.main.name}',
        is_enabled: true,
        depends_on: ['aws_config_delivery_channel.main'],
      },
    },
    aws_config_retention_configuration: { main: { retention_period_in_days: 2557 } },
    aws_config_config_rule: {
      ssh: {
        name: 'restricted-ssh',
        source: [{ owner: 'AWS', source_identifier: 'INCOMING_SSH_DISABLED' }],
        maximum_execution_frequency: 'Six_Hours',
        depends_on: ['aws_config_configuration_recorder.main'],
      },
      judge: {
        name: 'judge',
        source: [
          {
            owner: 'CUSTOM_LAMBDA',
            source_identifier: '${aws_lambda_function.judge.arn}',
            source_detail: [{ event_source: 'aws.config', message_type: 'ConfigurationItemChangeNotification' }],
          },
        ],
        scope: [{ compliance_resource_types: [SECURITY_GROUP] }],
        depends_on: ['aws_config_configuration_recorder.main', 'aws_lambda_permission.config'],
      },
      other: {
        name: 'root-key',
        source: [{ owner: 'AWS', source_identifier: 'IAM_ROOT_ACCESS_KEY_CHECK' }],
        depends_on: ['aws_config_configuration_recorder.main'],
      },
    },
  };

  it('has its resources recorded, and triggers nothing', async () => {
    bench = await ConfigBench.start(RECORDED);
    await bench.listen();
    expect(await bench.told()).toEqual([]);
    expect(bench.invocations).toEqual([]);
    expect(await bench.history(BUCKET, 'AWS::S3::Bucket')).toHaveLength(1);
    expect(Object.values(await bench.verdicts('restricted-ssh'))).toEqual(['COMPLIANT']);
    expect(await bench.verdicts('judge')).toEqual({});
    const groupId = await bench.group('web', tcp(22, '0.0.0.0/0'));
    expect(await bench.verdicts('restricted-ssh')).toMatchObject({ [groupId]: 'NON_COMPLIANT' });
    expect(await bench.verdicts('judge')).toMatchObject({ [groupId]: 'NON_COMPLIANT' });
  });

  it('keeps a managed rule that the twin does not have, and lists it', async () => {
    bench = await ConfigBench.start(RECORDED);
    const { ConfigRules = [] } = await bench.config.describeConfigRules({ ConfigRuleNames: ['root-key'] });
    expect(ConfigRules).toMatchObject([{ Source: { SourceIdentifier: 'IAM_ROOT_ACCESS_KEY_CHECK' } }]);
    const unsupported = await (await fetch(`${bench.settings.endpoint}/_twin/unsupported`)).json();
    expect(unsupported).toMatchObject({
      arguments: expect.arrayContaining([
        {
          address: 'aws_config_config_rule.other',
          argument: 'source.source_identifier (IAM_ROOT_ACCESS_KEY_CHECK is never evaluated)',
        },
      ]),
    });
  });

  it.each([
    ['a bucket that it may not write to', { aws_s3_bucket_policy: {} }, 'InsufficientDeliveryPolicyException'],
    ['a function that it may not invoke', { aws_lambda_permission: {} }, 'InsufficientPermissionsException'],
    ['no recorder', { aws_config_configuration_recorder: {} }, 'NoAvailableConfigurationRecorderException'],
  ])('does not load with %s', async (_case, changed, message) => {
    await expect(ConfigBench.start({ ...RECORDED, ...changed })).rejects.toThrow(message);
    bench = await ConfigBench.start();
  });
});
