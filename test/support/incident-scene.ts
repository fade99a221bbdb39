import { ArchiveFindingsCommand } from '@aws-sdk/client-guardduty';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { BatchUpdateFindingsCommand, BatchUpdateFindingsV2Command } from '@aws-sdk/client-securityhub';
import { ofBucket, ofInstance, ofRole, ofUser, TestFindings } from './findings';
import { TestInstances } from './instances';
import { TestPrincipals } from './principals';
import type { TestTwin } from './twin';

const EVIDENCE = 'PreserveEvidenceRole';

/** Incidents of every kind, by every way in and out, as GuardDuty, Security Hub and people bring them about. */
export async function everyIncident(twin: TestTwin): Promise<void> {
  const findings = new TestFindings(twin);
  const instances = new TestInstances(twin);
  const principals = new TestPrincipals(twin);

  // GuardDuty's, contained at once.
  const { vpcId, subnetId } = await instances.subnet();
  const profile = { IamInstanceProfile: { Name: await instances.role() } };
  const instance = await instances.launch({ SubnetId: subnetId, ...profile });
  await instances.targetGroup(vpcId, 'instance', instance);
  const { name, keys: [key] = [] } = await principals.user();
  const Bucket = `bucket-${twin.ready.accountId}`;
  await new S3Client(twin.config).send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'eu-west-1' } }),
  );
  const ofAnInstance = await findings.guardDutyFinding(ofInstance(instance));
  await findings.tell(
    ofAnInstance,
    await findings.guardDutyFinding(ofUser(name, key?.accessKeyId ?? '')),
    await findings.guardDutyFinding(ofRole(await principals.role())),
    await findings.guardDutyFinding(ofBucket(Bucket)),
  );
  await findings.tell(await findings.again(ofAnInstance));

  // Other products', which wait for a person; one comes again meanwhile, and one is chosen by a person.
  const group = {
    Type: 'AwsEc2SecurityGroup',
    Id: `arn:aws:ec2:eu-west-1:111122223333:security-group/${await twin.makeGroup()}`,
  };
  const untouched = await instances.launch({ SubnetId: subnetId, ...profile });
  const another = { Type: 'AwsEc2Instance', Id: `arn:aws:ec2:eu-west-1:111122223333:instance/${untouched}` };
  const [first, second] = [await findings.asff(group), await findings.asff(another)];
  // Of the second it is not known what it was like before: whoever verifies must look into its profile.
  await twin.fault({ operation: 'iam:GetInstanceProfile', error: 'ServiceFailure', times: 50, principal: EVIDENCE });
  await findings.tell(findings.inOne(first, second));
  await twin.clearFaults();
  await findings.tell(first);
  await findings.decide(first.incidentId, 'approved');
  await findings.decide(second.incidentId, 'denied');
  const chosen = await findings.guardDutyFinding(ofBucket(Bucket), { severity: 5 });
  await findings.tell(chosen);
  await findings.choose(chosen.id);
  const v2 = await findings.ocsf({ type: 'AWS::S3::Bucket', uid: `arn:aws:s3:::${Bucket}` });
  await findings.tell(v2);
  await findings.decide(v2.incidentId, 'approved');

  // A person deals with three of them.
  await findings.hub.send(new BatchUpdateFindingsV2Command({ MetadataUids: [v2.id], StatusId: 4 }));
  await findings.guardDuty.send(
    new ArchiveFindingsCommand({ DetectorId: await findings.detectorId(), FindingIds: [chosen.id] }),
  );
  await findings.hub.send(
    new BatchUpdateFindingsCommand({
      FindingIdentifiers: [{ Id: second.id, ProductArn: (await findings.atHub(second.id))?.ProductArn }],
      Workflow: { Status: 'RESOLVED' },
    }),
  );
  await twin.settle();
}
