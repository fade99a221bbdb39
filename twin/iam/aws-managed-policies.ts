/** Of administrators. */
const EVERYTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
});

/** Of nobody. */
const NOTHING = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Action: '*', Resource: '*' }],
});

/** What Config's role may do, as far as the twin has the services. */
const CONFIG_ROLE = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: [
        'cloudtrail:Describe*',
        'cloudtrail:Get*',
        'cloudtrail:List*',
        'cloudwatch:DescribeAlarms',
        'config:BatchGet*',
        'config:Describe*',
        'config:Get*',
        'config:List*',
        'config:Put*',
        'config:Select*',
        'dynamodb:Describe*',
        'dynamodb:List*',
        'ec2:Describe*',
        'ec2:Get*',
        'iam:Get*',
        'iam:List*',
        'lambda:GetFunction',
        'lambda:GetPolicy',
        'lambda:List*',
        'logs:DescribeLogGroups',
        's3:GetAccountPublicAccessBlock',
        's3:GetBucket*',
        's3:GetEncryptionConfiguration',
        's3:ListAllMyBuckets',
        's3:ListBucket',
        'sns:GetTopicAttributes',
        'sns:List*',
        'sqs:GetQueueAttributes',
        'sqs:List*',
      ],
      Resource: '*',
    },
  ],
});

/** AWS's own policies that the twin knows. @see https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html */
export const AWS_MANAGED: Readonly<Record<string, string>> = {
  'arn:aws:iam::aws:policy/AdministratorAccess': EVERYTHING,
  'arn:aws:iam::aws:policy/AWSDenyAll': NOTHING,
  'arn:aws:iam::aws:policy/service-role/AWS_ConfigRole': CONFIG_ROLE,
};
