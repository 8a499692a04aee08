"""Alarms of Amazon CloudWatch, as its topics in SNS deliver them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html. A message's ``Message`` is the
alarm as JSON in a text. ``INSUFFICIENT_DATA`` says that nothing is known, which neither opens nor closes an alert.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from incidents.sources import sns
from incidents.sources.base import BadSignature, Overload, Parsed, ParsedAlert, UnreadablePayload, WebhookRequest
from incidents.sources.reading.alerts import FIRING, RESOLVED, NotAnAlert, alert, single
from incidents.sources.reading.body import Json, at, first, json_value
from incidents.sources.reading.bounds import MAX_ID, MAX_NOTE, line, text
from incidents.sources.sns_certificates import Certificates
from incidents.sources.vendor import Vendor, as_request

CONFIRM_TASK = "incidents.confirm_subscription"
# The end of a delivery's reason until its subscription was confirmed or can't be.
WAITS = "waits to be confirmed."
# In order: what names a service, before what holds several.
_SERVICE_DIMENSIONS = (
    "ServiceName", "Service", "FunctionName", "LoadBalancer", "LoadBalancerName", "TargetGroup", "ApiName", "ApiId",
    "DBClusterIdentifier", "DBInstanceIdentifier", "TableName", "QueueName", "TopicName", "StreamName", "CacheClusterId",
    "StateMachineArn", "DomainName", "BucketName", "AutoScalingGroupName", "ClusterName",
)  # fmt: skip
_CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


class CloudWatch(Vendor):
    """``certificates`` gives the keys that messages are signed with."""

    name = "cloudwatch"
    title = "Amazon CloudWatch"
    secret_use = "none: Amazon signs every message with a certificate of its own"  # noqa: S105
    setup = (
        "Subscribe the address by HTTPS to the SNS topic of your alarms; Aurora confirms the subscription by itself",
        "Let alarms notify that topic for ALARM and for OK",
        "To refuse other topics, name yours in the option topic_arns",
    )
    reads = "Alarms that go to ALARM and to OK; INSUFFICIENT_DATA changes nothing. The service from the metric's dimensions."
    # An alarm's ARN is the same in every topic that tells of it.
    shares_identity = True
    # Amazon tries again after 5xx and 429 (https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html).
    overload = Overload(status=503)

    def __init__(self, certificates: Certificates | None = None) -> None:
        self._certificates = certificates or Certificates()

    def verify(self, request: WebhookRequest, secrets: Sequence[str]) -> None:
        """Raises BadSignature unless Amazon signed it for a topic of the integration (``topic_arns`` in its options; any,
        where there is none yet). Raises CannotVerify."""
        try:
            message = sns.message_from(request.body)
        except ValueError as error:
            raise BadSignature(str(error)) from None
        sns.verify(message, self._certificates.key_of, request.received_at)
        if not topic_is_taken(message.topic, request.options):
            raise BadSignature(f"{line(message.topic, 200)} isn't among the integration's topics (topic_arns).")

    def delivery_id(self, request: WebhookRequest) -> str:
        try:
            return line(sns.message_from(request.body).id, MAX_ID)
        except ValueError:
            return ""

    def parse(self, request: WebhookRequest) -> Parsed:
        try:
            message = sns.message_from(request.body)
        except ValueError as error:
            raise UnreadablePayload(text(str(error), MAX_NOTE)) from None
        topic = line(message.topic, 200)
        if message.type == sns.CONFIRMATION:
            return Parsed(note=f"The subscription of {topic} {WAITS}", follow_up=CONFIRM_TASK)
        if message.type == sns.FAREWELL:
            return Parsed(note=f"The subscription of {topic} was ended.")
        alarm = json_value(message.fields["Message"].encode("utf-8", "surrogatepass"))
        if not isinstance(alarm, dict) or "AlarmName" not in alarm:
            raise UnreadablePayload("Message is no alarm of CloudWatch: AlarmName is missing.")
        return single(alarm, lambda item: _read(item, message, request.received_at))

    def example(self, now: datetime) -> WebhookRequest:
        return as_request(_example(now), now, x_amz_sns_message_type=sns.NOTIFICATION)

    def signed(self, request: WebhookRequest, secret: str) -> WebhookRequest:
        """The request as it is: only Amazon can sign as Amazon."""
        return request


def topic_is_taken(topic: str, options: Mapping[str, Any]) -> bool:
    """Whether an integration with these options takes messages of a topic."""
    topics = options.get("topic_arns")
    return not topics or (isinstance(topics, list) and topic in topics)


def _read(alarm: Json, message: sns.Message, received_at: datetime) -> ParsedAlert:
    state = line(alarm.get("NewStateValue"), 40)
    if state == "INSUFFICIENT_DATA":
        raise NotAnAlert("INSUFFICIENT_DATA: CloudWatch doesn't know the alarm's state, so nothing changes.")
    if state not in ("ALARM", "OK"):
        raise UnreadablePayload(f"NewStateValue is {state or 'missing'}: it must be ALARM, OK or INSUFFICIENT_DATA.")
    partition, region, account = _where(alarm, message.topic)
    dimensions = _dimensions(alarm)
    arn, name = line(alarm.get("AlarmArn"), 500), alarm["AlarmName"]
    known = [("alarm_arn", arn)] if arn else [("account", account), ("region", region), ("alarm", name)]
    return alert(
        title=name,
        status=FIRING if state == "ALARM" else RESOLVED,
        identity=known,
        received_at=received_at,
        service=_service(dimensions),
        labels={
            "alarm": name,
            "account": account,
            "region": region,
            "namespace": first(alarm, "Trigger.Namespace", "Trigger.Metrics.0.MetricStat.Metric.Namespace"),
            "metric": first(alarm, "Trigger.MetricName", "Trigger.Metrics.0.MetricStat.Metric.MetricName"),
            **dimensions,
        },
        annotations={"description": alarm.get("AlarmDescription"), "reason": alarm.get("NewStateReason")},
        occurred_at=first(alarm, "StateChangeTime") or message.fields["Timestamp"],
        alert_id=arn or name,
        source_url=_console_url(partition, region, name),
        payload=alarm,
    )


def _where(alarm: Json, topic: str) -> tuple[str, str, str]:
    """Partition, region and account, from the alarm's ARN (``arn:partition:service:region:account:…``), else the topic's."""
    arn = line(alarm.get("AlarmArn"), 500)
    parts = (arn if arn.count(":") >= 5 else topic).split(":")
    partition, region, account = (parts[1], parts[3], parts[4]) if len(parts) > 5 else ("aws", "", "")
    return partition, region, line(alarm.get("AWSAccountId"), 40) or account


def _dimensions(alarm: Json) -> dict[str, Any]:
    """What the metric is about; of a calculation over several metrics, what the first says."""
    found: dict[str, Any] = {}
    metrics = at(alarm, "Trigger.Metrics")
    lists = [at(metric, "MetricStat.Metric.Dimensions") for metric in metrics[:10]] if isinstance(metrics, list) else []
    for dimensions in (at(alarm, "Trigger.Dimensions"), *lists):
        for item in dimensions[:30] if isinstance(dimensions, list) else []:
            name = line(first(item, "name", "Name"), 100)
            if name:
                found.setdefault(name, first(item, "value", "Value"))
    return found


def _service(dimensions: Mapping[str, Any]) -> str:
    name = next((line(dimensions[each], 300) for each in _SERVICE_DIMENSIONS if dimensions.get(each)), "")
    # app/checkout/50dc6c495c0c9188, targetgroup/checkout/73e2d6bc24d8a067
    parts = name.split("/")
    return parts[1] if len(parts) == 3 and parts[0] in ("app", "net", "gwy", "targetgroup") else name


def _console_url(partition: str, region: str, name: Any) -> str:
    if not region.replace("-", "").isalnum():
        return ""
    host = _CONSOLES.get(partition, "console.aws.amazon.com")
    shown = quote(line(name, 255), safe="")
    return f"https://{host}/cloudwatch/home?region={region}#alarmsV2:alarm/{shown}"


def _example(now: datetime) -> dict[str, Any]:
    arn = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:aurora-test"
    time = now.strftime("%Y-%m-%dT%H:%M:%S.000")
    alarm = {
        "AlarmName": "aurora-test",
        "AlarmDescription": "Nothing is wrong.",
        "AWSAccountId": "123456789012",
        "AlarmArn": arn,
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "NewStateReason": "Test of this integration",
        "StateChangeTime": f"{time}+0000",
        "Region": "EU (Frankfurt)",
        "Trigger": {
            "MetricName": "Errors",
            "Namespace": "AWS/Lambda",
            "Dimensions": [{"name": "FunctionName", "value": "checkout"}],
        },
    }
    return {
        "Type": sns.NOTIFICATION,
        "MessageId": f"aurora-test-{now:%Y%m%d%H%M%S%f}",
        "TopicArn": "arn:aws:sns:eu-central-1:123456789012:alarms",
        "Subject": "ALARM: aurora-test",
        "Message": json.dumps(alarm),
        "Timestamp": f"{time}Z",
        "SignatureVersion": "2",
        "Signature": "",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0000.pem",
    }
