"""Heals a group through boto3, and prints what boto3 saw of it as JSON."""

import json
import sys
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint = sys.argv[1]
config = Config(retries={"max_attempts": 1})
client = lambda name: boto3.client(name, config=config)


def settle():
    request = urllib.request.Request(f"{endpoint}/_twin/settle", data=b"{}", method="POST")
    urllib.request.urlopen(request).read()


def code_of(call):
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None


ec2 = client("ec2")
group_id = ec2.create_security_group(GroupName="boto3", Description="by boto3")["GroupId"]
permission = lambda port, cidr: {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}
ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission(443, "0.0.0.0/0"), permission(22, "0.0.0.0/0")])
duplicate = code_of(lambda: ec2.authorize_security_group_ingress(GroupId=group_id, IpPermissions=[permission(443, "0.0.0.0/0")]))
settle()

rows = [row for page in ec2.get_paginator("describe_security_group_rules").paginate(Filters=[{"Name": "group-id", "Values": [group_id]}]) for row in page["SecurityGroupRules"]]
account = client("sts").get_caller_identity()["Account"]
dynamodb = boto3.resource("dynamodb", config=config).Table("SutureLedger")
key = f"RES#{account}#{ec2.meta.region_name}#AWS::EC2::SecurityGroup#{group_id}"
chain = dynamodb.query(KeyConditionExpression=boto3.dynamodb.conditions.Key("pk").eq(key) & boto3.dynamodb.conditions.Key("sk").begins_with("E#"))["Items"]

sqs = client("sqs")
queue = sqs.get_queue_url(QueueName="SutureDeadLetters")["QueueUrl"]
sqs.send_message(QueueUrl=queue, MessageBody="by hand")
received = sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"]
sqs.purge_queue(QueueUrl=queue)

cloudwatch = client("cloudwatch")
cloudwatch.put_metric_data(Namespace="Tour", MetricData=[{"MetricName": "Stops", "Value": 3}])

print(
    json.dumps(
        {
            "group": group_id,
            "ingress": sorted(row["FromPort"] for row in rows if not row["IsEgress"]),
            "duplicate": duplicate,
            "outcomes": [entry.get("outcome") for entry in chain],
            "received": received,
            "metrics": [metric["MetricName"] for metric in cloudwatch.list_metrics(Namespace="Tour")["Metrics"]],
            "alarms": [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]],
            "topics": len(client("sns").list_topics()["Topics"]),
            "trust": client("iam").get_role(RoleName="AwsConfigLambdaSGRole")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"],
            "trail": client("cloudtrail").get_trail_status(Name="SelfHealTrail")["IsLogging"],
            "bucket": client("s3").list_buckets()["Buckets"][0]["Name"],
            "answer": json.loads(client("lambda").invoke(FunctionName="SecurityGroupSelfHeal", Payload=json.dumps({"groupId": group_id}))["Payload"].read())["outcome"],
            "missing": code_of(lambda: dynamodb.meta.client.describe_table(TableName="NotThere")),
            "conditional": code_of(lambda: dynamodb.put_item(Item={"pk": "POLICY", "sk": "CURRENT"}, ConditionExpression="attribute_not_exists(pk)")),
        }
    )
)
