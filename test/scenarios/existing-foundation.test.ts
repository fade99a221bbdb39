import { ConfigServiceClient, PutConfigurationRecorderCommand } from '@aws-sdk/client-config-service';
import { CreateDetectorCommand, GuardDutyClient, UpdateDetectorCommand } from '@aws-sdk/client-guardduty';
import { TestTwin } from '../support/twin';

let twin: TestTwin;
beforeAll(async () => {
  twin = await TestTwin.startWithConfig('prefixed', '--bare');
});
afterAll(() => twin.stop());

it("an installation on the account's own GuardDuty and Security Hub fails, with a reason, where findings would never come", async () => {
  const roleARN = 'arn:aws:iam::111122223333:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig';
  await new ConfigServiceClient(twin.config).send(
    new PutConfigurationRecorderCommand({ ConfigurationRecorder: { name: 'default', roleARN } }),
  );
  const installing = () => twin.control('POST', '/install');
  const guardDuty = new GuardDutyClient(twin.config);
  await expect(installing()).rejects.toThrow(/no matching GuardDuty Detector found/);
  const { DetectorId } = await guardDuty.send(new CreateDetectorCommand({ Enable: false }));
  await expect(installing()).rejects.toThrow(/GuardDuty is suspended in this Region/);
  await guardDuty.send(new UpdateDetectorCommand({ DetectorId, Enable: true }));
  await expect(installing()).rejects.toThrow(/not subscribed to AWS Security Hub/);
});
