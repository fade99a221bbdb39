export interface VolumeAttachment {
  readonly instanceId: string;
  readonly device: string;
  readonly attached: Date;
  deleteOnTermination: boolean;
}

export interface Volume {
  readonly id: string;
  readonly zone: string;
  readonly type: string;
  readonly gibibytes: number;
  readonly encrypted: boolean;
  readonly keyId?: string;
  readonly snapshotId?: string;
  readonly created: Date;
  attachment?: VolumeAttachment;
}

export interface Snapshot {
  readonly id: string;
  readonly volumeId: string;
  readonly gibibytes: number;
  readonly encrypted: boolean;
  readonly keyId?: string;
  readonly description: string;
  readonly started: Date;
  state: 'pending' | 'completed';
  /** Who may make volumes of it: accounts, or `all`. */
  readonly sharedWith: Set<string>;
}
