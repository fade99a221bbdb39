import { AwsError, type Call, type Operations } from '../../service';
import type { Twin } from '../../twin';

export type Sdk = typeof import('@aws-sdk/client-iam');
export type IamCall = Call<IamState>;
export type IamOperations = Operations<Sdk, IamState>;

/** What policies are put in and attached to. */
export interface Holder {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly created: Date;
  /** Policy texts, by name. */
  readonly inline: Map<string, string>;
  readonly attached: Set<string>;
  readonly tags: Map<string, string>;
  readonly boundaryArn?: string;
}

export interface Role extends Holder {
  readonly account: string;
  readonly description: string;
  trust: string;
  readonly maximumSessionSeconds: number;
}

export interface AccessKey {
  readonly id: string;
  readonly created: Date;
  active: boolean;
}

export interface User extends Holder {
  readonly keys: Map<string, AccessKey>;
  /** Of the console. The password itself is of no use here. */
  login?: { readonly created: Date; readonly mustReset: boolean };
}

export interface InstanceProfile {
  readonly name: string;
  readonly id: string;
  readonly arn: string;
  readonly path: string;
  readonly created: Date;
  readonly tags: Map<string, string>;
  /** The name of the only one that it may have. */
  role?: string;
}

export interface ManagedPolicy {
  readonly name: string;
  readonly arn: string;
  readonly document: string;
  readonly created: Date;
}

/** All by name, but policies by ARN: names do not differ in letter case alone, nor by path. */
export interface IamState {
  readonly roles: Map<string, Role>;
  readonly users: Map<string, User>;
  readonly profiles: Map<string, InstanceProfile>;
  readonly policies: Map<string, ManagedPolicy>;
}

export const initialState = (): IamState => ({
  roles: new Map(),
  users: new Map(),
  profiles: new Map(),
  policies: new Map(),
});

/** IAM of an account, which is the same in all Regions. */
export const stateOf = (twin: Twin, account: string): IamState =>
  twin.state({ prefix: 'iam', global: true, initial: initialState }, { account, region: 'us-east-1' });

/** Errors with the status that IAM gives them. @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html */
const failure =
  (code: string, status: number) =>
  (message: string): AwsError =>
    new AwsError(code, message, { status });

export const noEntity = failure('NoSuchEntity', 404);
export const alreadyExists = failure('EntityAlreadyExists', 409);
export const deleteConflict = failure('DeleteConflict', 409);
export const limitExceeded = failure('LimitExceeded', 409);
export const invalid = failure('ValidationError', 400);

export const noSuch = (what: string, name: string | undefined): AwsError =>
  noEntity(`The ${what} with name ${name} cannot be found.`);

/** @throws AwsError if there is none. */
export function roleOf({ state }: IamCall, name: string | undefined): Role {
  const found = state.roles.get(name ?? '');
  if (!found) throw noSuch('role', name);
  return found;
}

/** The caller if none is named. @throws AwsError if there is none. */
export function userOf({ state, principal }: IamCall, name: string | undefined): User {
  const wanted = name ?? principal.arn.split('/').at(-1);
  const found = state.users.get(wanted ?? '');
  if (!found) throw noSuch('user', wanted);
  return found;
}

/**
 * The name and path of what is to be made.
 *
 * @throws AwsError for those that IAM would not take.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-names
 */
export function namedAt(parameter: string, name: string | undefined, path = '/'): { name: string; path: string } {
  if (name === undefined || !/^[\w+=,.@-]{1,128}$/.test(name))
    throw invalid(
      `The specified value for ${parameter} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
    );
  if (!/^\/(.*\/)?$/.test(path))
    throw invalid(
      'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
    );
  return { name, path };
}

export const tagList = (tags: ReadonlyMap<string, string>): { Key: string; Value: string }[] =>
  [...tags].map(([Key, Value]) => ({ Key, Value }));

export const tagMap = (
  tags: readonly { Key: string | undefined; Value: string | undefined }[] = [],
): Map<string, string> => new Map(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
