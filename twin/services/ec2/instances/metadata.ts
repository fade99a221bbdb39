import type { InstanceMetadataOptionsRequest } from '@aws-sdk/client-ec2';
import { type Ec2Operations, error } from '../state';
import { changeable } from './guards';
import type { MetadataOptions } from './state';

/** Where neither the request nor the image nor the account says otherwise. @see https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-options.html */
const STANDARD: MetadataOptions = {
  HttpTokens: 'optional',
  HttpPutResponseHopLimit: 1,
  HttpEndpoint: 'enabled',
  HttpProtocolIpv6: 'disabled',
  InstanceMetadataTags: 'disabled',
};

/** Old options with those that a request names. @throws AwsError for a hop limit out of its range. */
export function metadataOptions(
  {
    HttpTokens,
    HttpPutResponseHopLimit,
    HttpEndpoint,
    HttpProtocolIpv6,
    InstanceMetadataTags,
  }: InstanceMetadataOptionsRequest = {},
  old = STANDARD,
): MetadataOptions {
  if (HttpPutResponseHopLimit !== undefined && (HttpPutResponseHopLimit < 1 || HttpPutResponseHopLimit > 64))
    throw error(
      'InvalidParameterValue',
      `Value (${HttpPutResponseHopLimit}) for parameter HttpPutResponseHopLimit is invalid.`,
    );
  return {
    HttpTokens: HttpTokens ?? old.HttpTokens,
    HttpPutResponseHopLimit: HttpPutResponseHopLimit ?? old.HttpPutResponseHopLimit,
    HttpEndpoint: HttpEndpoint ?? old.HttpEndpoint,
    HttpProtocolIpv6: HttpProtocolIpv6 ?? old.HttpProtocolIpv6,
    InstanceMetadataTags: InstanceMetadataTags ?? old.InstanceMetadataTags,
  };
}

export const metadataOperations: Ec2Operations = {
  ModifyInstanceMetadataOptions({ InstanceId, ...options }, { state }) {
    const instance = changeable(state, InstanceId);
    instance.metadata = metadataOptions(options, instance.metadata);
    return { InstanceId: instance.id, InstanceMetadataOptions: { State: 'pending', ...instance.metadata } };
  },
};
