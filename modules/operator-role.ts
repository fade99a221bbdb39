import { IamRole } from '@cdktf/provider-aws/lib/iam-role';
import { IamRolePolicy } from '@cdktf/provider-aws/lib/iam-role-policy';
import { Construct } from 'constructs';
import type { LedgerTable } from './ledger-table';
import { literal } from './literal';
import type { Names } from './names';
import { policyDocument } from './policy-document';

export interface OperatorRoleProps {
  /** Physical names, from `names.ts`. */
  readonly names: Pick<Names['incident'], 'operatorRole'>;
  /** ARNs of who may assume it. */
  readonly principals: readonly string[];
  readonly ledger: LedgerTable;
  readonly alertTopicArn: string;
}

/** The role under which people approve, deny and close incidents. MFA is asked for; nothing that runs unattended has it. */
export class OperatorRole extends Construct {
  constructor(scope: Construct, id: string, props: OperatorRoleProps) {
    super(scope, id);
    const { names, principals, ledger, alertTopicArn } = props;
    const role = new IamRole(this, 'role', {
      name: names.operatorRole,
      description: 'Approves, denies and closes incidents: for people, with MFA',
      assumeRolePolicy: policyDocument([
        {
          Principal: { AWS: principals.map(literal) },
          Action: 'sts:AssumeRole',
          Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
        },
      ]),
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
