import { AwsError, type Call, type RecordedType, type Service } from '../../service';
import { operationsOf } from '../../wire/schema';
import { noBlock, wholeBlock } from '../s3/public-access-block';
import { recordedBlock } from '../s3/recorded';
import { requestWords } from '../s3/trail';
import { S3_CONTROL, type S3ControlState } from './state';
import { blockMade } from './terraform';

type Sdk = typeof import('@aws-sdk/client-s3-control');

/** IAM has names of its own for all three. @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html */
const ACTIONS: Readonly<Record<string, string>> = {
  GetPublicAccessBlock: 's3:GetAccountPublicAccessBlock',
  PutPublicAccessBlock: 's3:PutAccountPublicAccessBlock',
  DeletePublicAccessBlock: 's3:PutAccountPublicAccessBlock',
};

/** The account's block, as AWS Config records it wherever it records at all. */
const recordedAccountBlock: RecordedType<S3ControlState> = {
  type: 'AWS::S3::AccountPublicAccessBlock',
  everywhere: true,
  ids: ({ block }, { account }) => (block ? [account] : []),
  describe: (_id, { block }, { account }) =>
    block && {
      name: null,
      arn: `arn:aws:s3:::${account}`,
      availabilityZone: 'Not Applicable',
      created: null,
      tags: {},
      relationships: [],
      configuration: recordedBlock(block),
      supplementaryConfiguration: {},
    },
  touched: (_operation, { AccountId }: { AccountId?: string }) => (AccountId === undefined ? [] : [AccountId]),
};

/** @throws AwsError for any account but the caller's own. */
function checkAccount({ AccountId }: { AccountId?: string | undefined }, { account }: Call<S3ControlState>): void {
  if (AccountId === undefined || !/^\d{12}$/.test(AccountId))
    throw new AwsError('InvalidRequest', 'Missing or invalid account ID.');
  if (AccountId !== account) throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
}

/**
 * S3 Control as far as accounts block public access. Its clients put the account before the host name, sign as S3 does, and name the
 * account in a header, too.
 *
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_PutPublicAccessBlock.html
 */
export const s3control: Service<Sdk, S3ControlState> = {
  ...S3_CONTROL,
  signingNames: ['s3'],
  claims: ({ path }) => path.startsWith('/v20180820/'),
  accessDenied: 'AccessDenied',
  sdk: () => require('@aws-sdk/client-s3-control') as Sdk,
  client: 'S3ControlClient',
  access: (operation) => [{ action: ACTIONS[operation] ?? `s3:${operation}`, resources: ['*'] }],
  // One block for all Regions; a call is logged where it was made.
  placeOf: (_operation, _input, { account, region }) => ({ account, region }),
  operations: {
    GetPublicAccessBlock(input, call) {
      checkAccount(input, call);
      const { block } = call.state;
      if (!block) throw noBlock();
      return { PublicAccessBlockConfiguration: block };
    },
    PutPublicAccessBlock(input, call) {
      checkAccount(input, call);
      call.state.block = wholeBlock(input.PublicAccessBlockConfiguration);
      return {};
    },
    DeletePublicAccessBlock(input, call) {
      checkAccount(input, call);
      call.state.block = undefined;
      return {};
    },
  },
  trailNames: {
    GetPublicAccessBlock: 'GetAccountPublicAccessBlock',
    PutPublicAccessBlock: 'PutAccountPublicAccessBlock',
    DeletePublicAccessBlock: 'DeleteAccountPublicAccessBlock',
  },
  trail(operation, input: Readonly<Record<string, unknown>>, _output, { account, region }) {
    const schema = operationsOf(require('@aws-sdk/client-s3-control')).get(operation);
    return {
      requestParameters: {
        Host: `${account}.s3-control.${region}.amazonaws.com`,
        publicAccessBlock: '',
        ...(schema && requestWords(schema, input, 'http://awss3control.amazonaws.com/doc/2018-08-20/')),
      },
      responseElements: null,
    };
  },
  recorded: [recordedAccountBlock],
  terraform: { aws_s3_account_public_access_block: blockMade },
};
