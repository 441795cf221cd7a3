"""AWS actions in plain capabilities: a small table over the access levels of the maintained data set.

Where the lines run:

- Listing and describing is no capability, and neither is calling STS, passing a role, using a key of KMS or changing
  one's own password.
- Reading a secret's or parameter's value is `read-data`: it reveals, it does not manage. Writing one manages.
- Writing objects in S3 is `write-database`, as reading them is `read-data`: stored data is stored data.
- A policy on a single bucket, queue or function is `change-config`; `manage-access` is kept for who may sign in and
  with what rights: IAM, Identity Center, Organizations, resource shares.
- Running what is already deployed (a task, a function, a state machine) is `restart`, beside stopping and starting.
"""

from functools import cache, lru_cache

from auditor.model.vocabulary import Capability
from auditor.providers.aws.actions import NONE, Actions, catalogue, expand, union

_WRITES = ("Write", "Permissions management", "Tagging")
_READS = ("Read",)
_ANY = ("List", *_READS, *_WRITES)

# The first line that names an action decides; None gives nothing. Levels are the data set's own words.
_TABLE: tuple[tuple[Capability | None, tuple[str, ...], str], ...] = (
    (
        None,
        _ANY,
        """
        sts:* support:* cloudshell:* signin:* health:Enable* uxc:* consoleapp:* trustedadvisor:*
        resource-explorer-2:* iam:PassRole iam:ChangePassword iam:CreateServiceLinkedRole
        iam:CreateVirtualMFADevice iam:Generate* kms:Decrypt kms:Encrypt kms:GenerateDataKey*
        kms:ReEncrypt* kms:Sign kms:Verify* kms:GenerateMac kms:GenerateRandom kms:DeriveSharedSecret
        logs:StopQuery logs:*QueryDefinition
        """,
    ),
    (
        Capability.SHELL,
        _ANY,
        """
        ssm:StartSession ssm:ResumeSession ssm:SendCommand ssm:StartAutomationExecution ssm-guiconnect:*
        ec2-instance-connect:* ec2:GetPasswordData ecs:ExecuteCommand lightsail:GetInstanceAccessDetails
        """,
    ),
    (
        Capability.READ_LOGS,
        _READS,
        """
        logs:* cloudwatch:* xray:* cloudtrail:LookupEvents cloudtrail-data:* pi:* rum:* synthetics:*
        health:* application-signals:* devops-guru:* ec2:GetConsoleOutput ec2:GetConsoleScreenshot
        """,
    ),
    (Capability.READ_LOGS, _ANY, "logs:FilterLogEvents logs:StartQuery logs:StartLiveTail rds:Download*LogFile*"),
    (
        Capability.READ_DATA,
        _ANY,
        """
        s3:GetObject* s3-object-lambda:GetObject* s3express:CreateSession dynamodb:GetItem
        dynamodb:BatchGetItem dynamodb:Query dynamodb:Scan dynamodb:PartiQLSelect dynamodb:GetRecords
        dynamodb:ExportTableToPointInTime athena:GetQueryResults* athena:StartQueryExecution
        redshift-data:GetStatementResult* sqs:ReceiveMessage kinesis:GetRecords kinesis:SubscribeToShard
        secretsmanager:GetSecretValue secretsmanager:BatchGetSecretValue ssm:GetParameter
        ssm:GetParameters ssm:GetParametersByPath ssm:GetParameterHistory ebs:GetSnapshotBlock
        lakeformation:GetDataAccess timestream:Select* cassandra:Select neptune-db:Read* sdb:Select
        sdb:GetAttributes es:ESHttpGet es:ESHttpHead aoss:APIAccessAll qldb:PartiQLSelect
        cloudfront-keyvaluestore:Get*
        """,
    ),
    (
        Capability.MANAGE_ACCESS,
        _WRITES,
        """
        iam:* sso:* sso-directory:* identitystore:* organizations:* ram:* rolesanywhere:*
        identity-sync:* iq-permission:* account:* controltower:*
        """,
    ),
    (
        Capability.MANAGE_BILLING,
        _WRITES,
        """
        aws-portal:* billing:* billingconductor:* budgets:* ce:* cur:* payments:* tax:* invoicing:*
        purchase-orders:* savingsplans:* consolidatedbilling:* freetier:* bcm-*:*
        cost-optimization-hub:*
        """,
    ),
    (Capability.MANAGE_SECRETS, _WRITES, "secretsmanager:* kms:* acm:* acm-pca:* cloudhsm:* payment-cryptography:*"),
    (
        Capability.RESTART,
        _WRITES,
        """
        ecs:StopTask ecs:StartTask ecs:RunTask ec2:RebootInstances ec2:StartInstances ec2:StopInstances
        rds:Reboot* rds:StartDB* rds:StopDB* rds:Failover* elasticache:Reboot* elasticache:TestFailover
        redshift:Reboot* redshift:PauseCluster redshift:ResumeCluster docdb-elastic:St*
        memorydb:Failover* mq:RebootBroker dax:RebootNode kafka:RebootBroker lambda:Invoke*
        states:StartExecution states:StopExecution states:RedriveExecution batch:SubmitJob
        batch:CancelJob batch:TerminateJob autoscaling:StartInstanceRefresh apprunner:PauseService
        apprunner:ResumeService elasticbeanstalk:RestartAppServer elasticbeanstalk:RebuildEnvironment
        lightsail:RebootInstance lightsail:StartInstance lightsail:StopInstance
        """,
    ),
    (
        Capability.DEPLOY,
        _WRITES,
        """
        ecs:UpdateService ecs:UpdateServicePrimaryTaskSet ecs:CreateService ecs:RegisterTaskDefinition
        ecs:DeregisterTaskDefinition ecs:CreateTaskSet ecs:UpdateTaskSet ecs:DeleteTaskSet
        ecs:StopServiceDeployment lambda:UpdateFunctionCode lambda:PublishVersion
        lambda:PublishLayerVersion lambda:CreateFunction lambda:CreateAlias lambda:UpdateAlias
        codedeploy:* codepipeline:* codebuild:* cloudformation:* ecr:* elasticbeanstalk:* apprunner:*
        amplify:* serverlessrepo:* proton:*
        """,
    ),
    (
        Capability.WRITE_DATABASE,
        _WRITES,
        """
        s3:PutObject* s3:DeleteObject* s3:RestoreObject s3:ReplicateObject s3:ReplicateDelete
        s3:AbortMultipart* dynamodb:* dax:* rds:* rds-data:* rds-db:* elasticache:* memorydb:*
        redshift:* redshift-data:* redshift-serverless:* docdb-elastic:* dsql:* neptune-db:*
        neptune-graph:* timestream:* cassandra:* qldb:* sdb:* es:ESHttp* s3tables:* s3vectors:*
        """,
    ),
    (
        Capability.CHANGE_CONFIG,
        _WRITES,
        """
        lambda:Update* lambda:Put* lambda:Add* lambda:Remove* lambda:Tag* lambda:Untag*
        lambda:*EventSourceMapping lambda:*Url* ssm:PutParameter ssm:DeleteParameter*
        ssm:LabelParameterVersion ssm:UnlabelParameterVersion appconfig:* s3:* sqs:* sns:* kinesis:*
        events:* scheduler:* states:* logs:* cloudwatch:* xray:* application-autoscaling:* apigateway:*
        appsync:* cognito-idp:* cognito-identity:* ses:* cloudfront-keyvaluestore:* evidently:*
        synthetics:* firehose:* pipes:*
        """,
    ),
    (Capability.CHANGE_CONFIG, ("Tagging",), "*"),
    (Capability.MANAGE_INFRASTRUCTURE, _WRITES, "*"),
)

# Running SQL both reads and writes.
_ALSO = ((Capability.READ_DATA, "rds-data:* rds-db:connect redshift-data:ExecuteStatement redshift-data:Batch*"),)


@cache
def _masks() -> dict[Capability, Actions]:
    book = catalogue()
    levels = dict.fromkeys(book.levels, NONE)
    for bit, level in enumerate(book.levels):
        levels[level] |= 1 << bit
    left = book.everything
    masks = dict.fromkeys(Capability, NONE)
    for capability, among, patterns in _TABLE:
        named = left & _named(patterns) & union(levels.get(level, NONE) for level in among)
        left &= ~named
        if capability:
            masks[capability] |= named
    for capability, patterns in _ALSO:
        masks[capability] |= _named(patterns)
    return masks


@lru_cache(maxsize=65536)
def capabilities(actions: Actions) -> frozenset[Capability]:
    """The plain capabilities that a set of actions gives."""
    return frozenset(capability for capability, mask in _masks().items() if mask & actions)


def mask(capability: Capability) -> Actions:
    """Every action that gives a capability."""
    return _masks()[capability]


def _named(patterns: str) -> Actions:
    return union(expand(pattern) for pattern in patterns.split())
