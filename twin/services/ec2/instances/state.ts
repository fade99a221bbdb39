/** By the codes that EC2 has for them. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_InstanceState.html */
export const STATE_CODES = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

export type StateName = keyof typeof STATE_CODES;

/** As an instance begins where the request does not say. Images may want otherwise, and there are none here. */
export interface MetadataOptions {
  readonly HttpTokens: 'optional' | 'required';
  readonly HttpPutResponseHopLimit: number;
  readonly HttpEndpoint: 'enabled' | 'disabled';
  readonly HttpProtocolIpv6: 'enabled' | 'disabled';
  readonly InstanceMetadataTags: 'enabled' | 'disabled';
}

export interface Instance {
  readonly id: string;
  readonly reservationId: string;
  readonly launchIndex: number;
  readonly imageId: string;
  type: string;
  readonly keyName?: string;
  userData?: string;
  readonly clientToken?: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly zone: string;
  /** Where its boot volume is attached. */
  readonly rootDevice: string;
  readonly spot?: { readonly requestId: string; readonly isPersistent: boolean };
  /** The AWS service that manages it and alone may change it. */
  readonly operator?: string;
  launched: Date;
  state: StateName;
  /** Why it is no longer running, as EC2 words it. */
  transition?: { readonly code: string; readonly reason: string };
  terminationProtected: boolean;
  stopProtected: boolean;
  shutdownBehavior: 'stop' | 'terminate';
  metadata: MetadataOptions;
}

/** An instance and the profile whose role it has. */
export interface ProfileAssociation {
  readonly id: string;
  readonly instanceId: string;
  readonly profile: { readonly Arn: string; readonly Id: string };
  readonly since: Date;
}
