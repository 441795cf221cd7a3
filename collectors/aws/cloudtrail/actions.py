"""What a CloudTrail event is about, from its service and name alone: action, category and level."""

import re
from typing import NamedTuple

from auditor.model.vocabulary import Category, Level


class Act(NamedTuple):
    """The vocabulary's words for one kind of event."""

    action: str
    category: str
    level: str


# What an agent asked AWS's own server for; the calls that the server made for it are events of their own.
_AGENTS_CALLS = "aws-mcp"
_IAM_PREFIX = {"monitoring": "cloudwatch", "tagging": "tag", "email": "ses", "sso-oauth": "sso"}
_VERSION = re.compile(r"(?:20\d\d_?\d\d_?\d\d)(?:v\d+)?$")

_READ_VERB = re.compile(
    r"(?:Get|List|Describe|Head|Lookup|Search|Query|Scan|BatchGet|BatchDescribe|BatchCheck|Test|Simulate|Validate"
    r"|Check|View|Select|Filter|Estimate|Preview|Verify|Download|Discover|Detect|Count|Resolve|Retrieve|Read|Poll"
    r"|Receive|Compare|Evaluate|Explain)(?=[A-Z0-9_]|$)"
)
_READ_ACTIONS = frozenset(
    f"{service}:{name}"
    for service, names in {
        "iam": "GenerateCredentialReport GenerateServiceLastAccessedDetails",
        "logs": "StartLiveTail StartQuery StopQuery",
        "kms": "Decrypt DeriveSharedSecret Encrypt GenerateDataKey GenerateDataKeyPair GenerateMac GenerateRandom"
        " GenerateDataKeyPairWithoutPlaintext GenerateDataKeyWithoutPlaintext ReEncrypt Sign",
    }.items()
    for name in names.split()
)

_LOGIN = re.compile(
    r"signin:.*|sts:AssumeR\w+|sts:Get(?:Session|Federation|WebIdentity|DelegatedAccess)Token"
    r"|sso:(?:GetRoleCredentials|Authenticate|Federate|CreateToken\w*|RegisterClient|StartDeviceAuthorization|Logout)"
    r"|(?:rolesanywhere|cloudshell):CreateSession|eks-auth:AssumeRoleForPodIdentity"
    r"|cognito-idp:(?:Admin)?(?:InitiateAuth|RespondToAuthChallenge)|cognito-identity:Get(?:Id|Cred\w+|OpenIdToken\w*)"
    # Shells and what leads to them.
    r"|ssm:(?:Start|Resume)Session|ssm-guiconnect:StartConnection|ecs:ExecuteCommand"
    r"|ec2-instance-connect:(?:Send\w*SSHPublicKey|OpenTunnel)|lightsail:GetInstanceAccessDetails"
    r"|sagemaker:(?:StartSession|CreatePresigned\w*Url)|redshift(?:-serverless)?:Get(?:Cluster)?Credentials\w*"
)

_GRANT = re.compile(
    r"iam:(?:(?:Put|Attach|Detach|Delete|Create|Set|Update)\w*Policy(?:Version)?|\w+PermissionsBoundary"
    r"|SetDefaultPolicyVersion|AddUserToGroup|RemoveUserFromGroup|(?:Add|Remove)Role(?:To|From)InstanceProfile"
    r"|(?:Create|Update|Delete)(?:User|Role|Group|AccessKey|LoginProfile|ServiceLinkedRole)"
    r"|(?:Upload|Update|Delete)(?:SSHPublicKey|SigningCertificate)|\w+ServiceSpecificCredential"
    r"|(?:Create|Update|Delete|Add|Remove)\w*(?:SAMLProvider|OpenIDConnectProvider\w*)"
    r"|(?:Enable|Deactivate|Delete)\w*MFADevice)"
    r"|sso:(?:(?:Create|Delete)(?:Account|Application)Assignment|\w+Polic(?:y|ies)\w*PermissionSet|\w+PermissionSet"
    r"|\w+PermissionsBoundary\w*)"
    r"|(?:identitystore|sso-directory):(?:(?:Create|Delete)GroupMembership|(?:Add|Remove)Member(?:To|From)Group"
    r"|(?:Create|Update|Delete|Enable|Disable)(?:User|Group)|UpdatePassword)"
    r"|organizations:(?:(?:Attach|Detach|Create|Update|Delete)Policy|(?:Enable|Disable)PolicyType|MoveAccount"
    r"|(?:Register|Deregister)DelegatedAdministrator|LeaveOrganization|RemoveAccountFromOrganization"
    r"|(?:Put|Delete)ResourcePolicy|CreateAccount|InviteAccountToOrganization)"
    r"|lakeformation:(?:(?:Batch)?(?:Grant|Revoke)Permissions|PutDataLakeSettings)"
    r"|ram:(?:Create|Update|Delete|Associate|Disassociate)ResourceShare\w*"
    r"|kms:(?:PutKeyPolicy|CreateGrant|RevokeGrant|RetireGrant)"
    r"|s3:(?:(?:Put|Delete)(?:Account|Bucket)?(?:Policy|PublicAccessBlock)|(?:Put|Delete)AccessPoint\w*Policy"
    r"|Put(?:Bucket|Object)Acl)"
    r"|eks:(?:(?:Create|Update|Delete)AccessEntry|(?:Associate|Disassociate)AccessPolicy)"
    r"|[\w-]+:(?:Put|Set|Delete|Attach|Detach)\w*(?:Resource|Access|Repository|Registry|Vault\w*|Domain\w*)Policy"
    r"|[\w-]+:(?:Add|Remove)\w*Permissions?"
)

_SECRET = re.compile(
    r"secretsmanager:(?:\w*SecretValue|(?:Put|Update|Create|Delete|Restore|Rotate|Replicate|Cancel)\w*Secret\w*)"
    r"|ssm:(?:Put|Delete)Parameters?"
)

_AUDIT_TRAIL = frozenset(
    f"{service}:{name}"
    for service, names in {
        "cloudtrail": "StopLogging DeleteTrail UpdateTrail PutEventSelectors PutInsightSelectors DeleteEventDataStore"
        " UpdateEventDataStore StopEventDataStoreIngestion",
        "config": "StopConfigurationRecorder DeleteConfigurationRecorder DeleteDeliveryChannel",
        "guardduty": "DeleteDetector UpdateDetector DeletePublishingDestination StopMonitoringMembers DeleteMembers"
        " DisassociateMembers DisassociateFromMasterAccount DisassociateFromAdministratorAccount",
        "securityhub": "DisableSecurityHub",
        "macie2": "DisableMacie",
        "access-analyzer": "DeleteAnalyzer",
        "logs": "DeleteLogGroup DeleteLogStream",
        "s3": "PutBucketLogging",
        "ec2": "DeleteFlowLogs",
        "rds": "StopActivityStream",
        "wafv2": "DeleteLoggingConfiguration",
        "route53resolver": "DeleteResolverQueryLogConfig DisassociateResolverQueryLogConfig",
    }.items()
    for name in names.split()
)


def classify(event_source: str, event_name: str, *, read_only: bool | None, decrypts: bool) -> Act:
    """The words for one kind of event.

    Args:
        event_source: such as `lambda.amazonaws.com`.
        event_name: such as `UpdateFunctionCode20150331v2`; the API version at its end is dropped.
        read_only: what the record says; None where it says nothing (before event version 1.05).
        decrypts: whether the request asks for a parameter's plain text.
    """
    service = event_source.partition(".")[0]
    action = f"{_IAM_PREFIX.get(service, service)}:{_VERSION.sub('', event_name)}"
    if service == _AGENTS_CALLS:
        return Act(action, Category.READ.value, Level.READ.value)
    if _LOGIN.fullmatch(action):
        return Act(action, Category.LOGIN.value, Level.READ.value)
    reads = read_only if read_only is not None else _sounds_like_reading(action)
    if action in _READ_ACTIONS:
        reads = True
    level = Level.READ.value if reads else Level.WRITE.value
    if _SECRET.fullmatch(action) or (decrypts and action.startswith("ssm:GetParameter")):
        return Act(action, Category.SECRET.value, level)
    if not reads and action in _AUDIT_TRAIL:
        return Act(action, Category.AUDIT_TRAIL.value, level)
    if not reads and _GRANT.fullmatch(action):
        return Act(action, Category.GRANT.value, Level.ADMIN.value)
    return Act(action, Category.READ.value if reads else Category.CHANGE.value, level)


def _sounds_like_reading(action: str) -> bool:
    return bool(_READ_VERB.match(action.partition(":")[2]))
