import type { ConfigRule, Scope, Source } from '@aws-sdk/client-config-service';
import type { Making, ResourceType } from '../../service';
import { block, blocks, plain } from '../../terraform/arguments';
import { made } from '../../terraform/made';
import { putChannel } from './channels';
import { isManaged } from './managed';
import { DEFAULT_NAME, putRecorder, startRecorder } from './recorders';
import { placeOf } from './recording';
import { putRule } from './rules';
import { setTags } from './tags';

/** Only what was given: Terraform leaves out, or writes null, what is not. */
function given<T extends object>(members: { [K in keyof T]: T[K] | null | undefined }): T {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && value !== null && value !== ''),
  ) as T;
}

const tagsOf = (making: Making) => Object.entries(making.tags).map(([Key, Value]) => ({ Key, Value }));

const scopeOf = (scope: Record<string, unknown>): Scope =>
  given<Scope>({
    ComplianceResourceTypes: plain(scope.compliance_resource_types as string[] | undefined),
    ComplianceResourceId: scope.compliance_resource_id as string | undefined,
    TagKey: scope.tag_key as string | undefined,
    TagValue: scope.tag_value as string | undefined,
  });

function sourceOf(source: Record<string, unknown>): Source {
  const details = blocks(source.source_detail).map((detail) =>
    given({
      EventSource: detail.event_source ?? 'aws.config',
      MessageType: detail.message_type,
      MaximumExecutionFrequency: detail.maximum_execution_frequency,
    }),
  );
  return {
    Owner: source.owner as 'AWS',
    SourceIdentifier: String(source.source_identifier),
    ...(details.length > 0 && { SourceDetails: details as never }),
  };
}

/** What Terraform makes of Config. Nothing is evaluated by a load but silently, when all is there. */
export const configTerraform: Readonly<Record<string, ResourceType>> = {
  aws_config_configuration_recorder: (args, making) => {
    const group = block(args.recording_group);
    const mode = block(args.recording_mode);
    const name = String(args.name ?? DEFAULT_NAME);
    const override = block(mode.recording_mode_override);
    made(making, () =>
      putRecorder(placeOf(making.twin, making), {
        name,
        roleARN: String(args.role_arn),
        ...(args.recording_group !== undefined && {
          recordingGroup: given({
            allSupported: group.all_supported ?? !(group.resource_types || group.exclusion_by_resource_types),
            includeGlobalResourceTypes: group.include_global_resource_types,
            resourceTypes: plain(group.resource_types),
            exclusionByResourceTypes: group.exclusion_by_resource_types && {
              resourceTypes: plain(block(group.exclusion_by_resource_types).resource_types) as never,
            },
            recordingStrategy: group.recording_strategy && { useOnly: block(group.recording_strategy).use_only },
          }),
        }),
        recordingMode: {
          recordingFrequency: mode.recording_frequency ?? 'CONTINUOUS',
          ...(override.recording_frequency !== undefined && {
            recordingModeOverrides: [
              {
                resourceTypes: plain(override.resource_types),
                recordingFrequency: override.recording_frequency,
                ...(override.description !== undefined && { description: override.description }),
              },
            ],
          }),
        },
      }),
    );
    return { id: name };
  },

  aws_config_delivery_channel: (args, making) => {
    const name = String(args.name ?? DEFAULT_NAME);
    const { delivery_frequency } = block(args.snapshot_delivery_properties);
    made(making, () =>
      putChannel(placeOf(making.twin, making), {
        name,
        ...given<object>({
          s3BucketName: args.s3_bucket_name,
          s3KeyPrefix: args.s3_key_prefix,
          s3KmsKeyArn: args.s3_kms_key_arn,
          snsTopicARN: args.sns_topic_arn,
          configSnapshotDeliveryProperties: delivery_frequency && { deliveryFrequency: delivery_frequency },
        }),
      }),
    );
    return { id: name };
  },

  aws_config_configuration_recorder_status: (args, making) => {
    const place = placeOf(making.twin, making);
    const name = String(args.name);
    if (args.is_enabled === true) made(making, () => startRecorder(place, name));
    else if (place.state.recorder) place.state.recorder.recording = false;
    return { id: name };
  },

  aws_config_config_rule: (args, making) => {
    const place = placeOf(making.twin, making);
    const source = sourceOf(block(args.source));
    const modes = blocks(args.evaluation_mode).map(({ mode }) => ({ Mode: mode }));
    const rule = made(making, () =>
      putRule(
        place,
        given<ConfigRule>({
          ConfigRuleName: String(args.name),
          Description: args.description as string | undefined,
          InputParameters: args.input_parameters as string | undefined,
          MaximumExecutionFrequency: args.maximum_execution_frequency,
          Scope: args.scope === undefined ? undefined : scopeOf(block(args.scope)),
          Source: source,
          EvaluationModes: modes.length > 0 ? modes : undefined,
        }),
      ),
    );
    if (source.Owner === 'AWS' && !isManaged(source.SourceIdentifier))
      making.twin.unsupported.arguments.push({
        address: making.address,
        argument: `source.source_identifier (${source.SourceIdentifier} is never evaluated)`,
      });
    setTags(place.state, rule.arn, tagsOf(making));
    return { arn: rule.arn, id: rule.name, rule_id: rule.id };
  },

  aws_config_retention_configuration: (args, making) => {
    placeOf(making.twin, making).state.retentionDays = Number(args.retention_period_in_days);
    return { id: 'default', name: 'default' };
  },
};
