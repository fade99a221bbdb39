import { CreateManagedPrefixListCommand, ModifyManagedPrefixListCommand } from '@aws-sdk/client-ec2';
import { endsTheSame } from './matrix';
import { ofSecurityGroups } from './security-groups';

describe('a widened prefix list', () => {
  endsTheSame({
    ...ofSecurityGroups(),
    variant: 'enforce',
    async arrange(twin) {
      const groupId = await twin.makeGroup();
      const { PrefixList: { PrefixListId: list = '' } = {} } = await twin.ec2.send(
        new CreateManagedPrefixListCommand({
          PrefixListName: 'partners',
          AddressFamily: 'IPv4',
          MaxEntries: 5,
          Entries: [{ Cidr: '10.0.0.0/8' }],
        }),
      );
      await twin.authorize(groupId, {
        IpProtocol: 'tcp',
        FromPort: 22,
        ToPort: 22,
        PrefixListIds: [{ PrefixListId: list }],
      });
      await twin.advance(1);
      return {
        id: groupId,
        open: () =>
          twin.ec2.send(
            new ModifyManagedPrefixListCommand({
              PrefixListId: list,
              CurrentVersion: 1,
              AddEntries: [{ Cidr: '0.0.0.0/0' }],
            }),
          ),
      };
    },
  });
});
