export interface Trail {
  readonly name: string;
  readonly arn: string;
  readonly homeRegion: string;
  readonly bucket: string;
  readonly multiRegion: boolean;
  readonly globalEvents: boolean;
  readonly validation: boolean;
  logging: boolean;
  startedAt: Date;
  stoppedAt?: Date;
}

export interface LoggedEvent {
  readonly id: string;
  readonly name: string;
  readonly source: string;
  readonly time: Date;
  readonly readOnly: boolean;
  readonly user: string;
  readonly accessKeyId: string;
  readonly resources: readonly { type: string; name: string }[];
  readonly record: string;
}

export interface CloudTrailState {
  /** Of this home Region, by name. */
  readonly trails: Map<string, Trail>;
  /** Newest last; kept as long as the twin runs. */
  readonly history: LoggedEvent[];
}

/** The service as far as its state can be found by. */
export const CLOUDTRAIL = {
  prefix: 'cloudtrail',
  initial: (): CloudTrailState => ({ trails: new Map(), history: [] }),
} as const;
