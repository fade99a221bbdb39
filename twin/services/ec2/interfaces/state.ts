/** Idle timeouts of tracked connections, in seconds. @see https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ConnectionTrackingConfiguration.html */
export interface ConnectionTracking {
  readonly TcpEstablishedTimeout?: number;
  readonly UdpStreamTimeout?: number;
  readonly UdpTimeout?: number;
}

export interface Attachment {
  readonly id: string;
  readonly instanceId: string;
  readonly deviceIndex: number;
  readonly attached: Date;
  deleteOnTermination: boolean;
}

export interface NetworkInterface {
  readonly id: string;
  readonly subnetId: string;
  readonly vpcId: string;
  readonly mac: string;
  /** The first is the primary one. */
  readonly privateIps: readonly string[];
  /** The AWS service that made it and alone may change it. */
  readonly operator?: string;
  description: string;
  ipv6: readonly string[];
  groups: readonly string[];
  sourceDestCheck: boolean;
  /** Whether the instance gets a public address whenever it starts. */
  readonly autoPublic: boolean;
  /** Given by AWS as long as the instance runs and no elastic address takes its place. */
  publicIp?: string;
  tracking?: ConnectionTracking;
  attachment?: Attachment;
}

/** An elastic address. */
export interface ElasticIp {
  readonly id: string;
  readonly publicIp: string;
  association?: { readonly id: string; readonly interfaceId: string; readonly privateIp: string };
}
