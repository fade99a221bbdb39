import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { LedgerTable } from './ledger-table';
import { literal } from './literal';
import type { Names } from './names';
import { policyDocument, type TrustStatement } from './policy-document';

export interface OperatorRoleProps {
  /** Physical names, from `names.ts`. */
  readonly names: Pick<Names['incident'], 'operatorRole'>;
  /** ARNs of who may assume it. */
  readonly principals: readonly string[];
  readonly ledger: LedgerTable;
  readonly alertTopicArn: string;
}

/**
 * Who may assume it, and how. Users show MFA, and their sessions have their names: by that it is known if a finding is about the one who decides about it
 * (functions/incident/own-subject.ts). An account stands for its users; its roles have no `aws:username`, and so no way in.
 *
 * Roles can show no MFA: credentials of a session tell nothing of it when they assume the next role. Their identity provider asks for it. Nor can the
 * people behind such a role be told apart, since they choose what their sessions are called.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_configure-api-require.html "The temporary credentials returned by AssumeRole
 *   do not include MFA information in the context"
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html#ck_rolesessionname
 */
function trusting(principals: readonly string[]): TrustStatement[] {
  const isRole = (arn: string) => /^[^:]+:[^:]+:iam::\d+:role\//.test(arn);
  const [people, roles] = [principals.filter((arn) => !isRole(arn)), principals.filter(isRole)];
  return [
    ...(people.length > 0
      ? [
          {
            Principal: { AWS: people.map(literal) },
            Action: 'sts:AssumeRole',
            Condition: {
              Bool: { 'aws:MultiFactorAuthPresent': 'true' },
              StringEquals: { 'sts:RoleSessionName': literal('${aws:username}') },
            },
          },
        ]
      : []),
    ...(roles.length > 0 ? [{ Principal: { AWS: roles.map(literal) }, Action: 'sts:AssumeRole' }] : []),
  ];
}

/** The role under which people approve, deny and close incidents. Nothing that runs unattended has it. */
export class OperatorRole extends Construct {
  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const { names, principals, ledger, alertTopicArn } = props;
    const role = new IamRole(this, 'role', {
      name: names.operatorRole,
      description: 'Approves, denies and closes incidents: for people',
      assumeRolePolicy: policyDocument(trusting(principals)),
    });
    new IamRolePolicy(this, 'policy', {
      name: 'permissions',
      role: role.name,
      policy: policyDocument([
        {
          Sid: 'DecideAboutIncidents',
          Action: 'states:SendTaskSuccess',
          Resource: '*', // It knows no resources. https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsstepfunctions.html
        },
        ...ledger.incidentStatements('write'),
        ledger.openIncidentsStatement(),
        { Sid: 'TellPeople', Action: 'sns:Publish', Resource: alertTopicArn },
      ]),
    });
  }
}
