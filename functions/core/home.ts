import type { Home } from './remediation';

/** Where a function is: `arn:aws:lambda:eu-west-1:111122223333:function:SecurityGroupSelfHeal`. */
export function homeOf(functionArn: string): Home {
  const [, partition = '', , region = '', account = ''] = functionArn.split(':');
  return { partition, region, account };
}
