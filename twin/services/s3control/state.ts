import type { PublicAccessBlock } from '../s3/public-access-block';

/** What S3 Control keeps of an account, in all Regions. */
export interface S3ControlState {
  /** Undefined until it is put: then nothing is blocked for the account as a whole. */
  block?: PublicAccessBlock | undefined;
}

/** The service as far as its state can be found by. */
export const S3_CONTROL = { prefix: 's3control', global: true, initial: (): S3ControlState => ({}) } as const;
