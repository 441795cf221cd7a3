"""What is tagged with what in an AWS account, in several regions: live, or from an answer of the tagging API."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from auditor.config.sources.aws import AwsResources
from auditor.model.details import details
from auditor.model.tables import Policy, Row
from collectors.aws.account import AccountSnapshot
from collectors.aws.calls import Calls
from collectors.aws.iam.shapes import Tag
from collectors.aws.lines import Answers, is_lines, kept, quoted
from collectors.base import Batch, Normalised, Raw
from collectors.envelopes import CUT, goes_on
from collectors.problems import Problems
from collectors.reading import Reading, Stamp

_ARN_PARTS = 6
_CALL, _LIST = "resourcegroupstaggingapi:GetResources", "ResourceTagMappingList"


class Tagged(msgspec.Struct, frozen=True):
    """A resource and its tags."""

    arn: str = msgspec.field(name="ResourceARN")
    tags: tuple[Tag, ...] = msgspec.field(name="Tags", default=())


class ResourcesCollector(AccountSnapshot[AwsResources], frozen=True):
    """The aws-resources collector. A region that is denied costs that region only."""

    PERMISSIONS = ("tag:GetResources",)
    READS = "What has which tags, in each region that is named: to tell what a system's `tags` mean."

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """An entry of the answer, or a line, as people can read it."""
        if is_lines(data):
            return quoted(data, record)
        return json.dumps(_entries(data)[record], indent=1, ensure_ascii=False)

    def asked(self, calls: Calls, regions: tuple[str, ...]) -> Iterator[Raw]:
        """The tagged resources of each region."""
        for region in regions:
            pages = calls.pages("resourcegroupstaggingapi", "get_resources", {}, region=region)
            yield kept(f"tag:resources/{calls.account}/{region}", pages)

    def normalise(self, batch: Batch) -> Normalised:
        """A row for each resource that has tags; a line of coverage for the account."""
        reading = Reading(self.source.name, self.context)
        if self.source.file:
            return self._answer(reading, batch)
        answers = Answers(reading, batch)
        answers.note_gaps()
        reading.extend(self._row(at, one) for at, _, one in answers.entries(_CALL, _LIST, Tagged))
        problems = answers.problems
        self._note_others(reading, problems)
        reading.cover(self.source.account, problems, failed=bool(problems) and not len(reading))
        return reading.normalised()

    def _answer(self, reading: Reading, batch: Batch) -> Normalised:
        """The one answer that a file holds, as the command line prints it."""
        for raw in batch:
            origin = reading.open(raw)
            for number, entry in enumerate(_entries(origin.data)):
                try:
                    reading.add(self._row(origin.at(number), msgspec.convert(entry, Tagged)))
                except msgspec.ValidationError as error:
                    why = f"an entry of {_LIST} is not as AWS writes it: {error}"
                    origin.problems.reject(why, f"entry {number + 1}")
            if goes_on(details(origin.data)):
                origin.problems.note(CUT)
            self._note_others(reading, origin.problems)
            if not len(reading) and not origin.problems:
                origin.lose(f"it holds no {_LIST}")
            reading.cover(self.source.account, origin.problems, failed=bool(origin.problems) and not len(reading))
        return reading.normalised()

    def _note_others(self, reading: Reading, problems: Problems) -> None:
        """Say where all that names an account is of others: an answer is of one."""
        parts = (row.policy.split(":", _ARN_PARTS - 1) for row in reading.rows(Policy))
        named = {part[4] for part in parts if len(part) == _ARN_PARTS and part[4]}
        if named and self.source.account not in named:
            problems.note(f"it is of account {min(named)}, not of {self.source.account}")

    def _row(self, at: Stamp, one: Tagged) -> Row:
        tags = {tag.key: tag.value for tag in one.tags}
        document = json.dumps(tags, ensure_ascii=False, sort_keys=True)
        return Policy(**at, policy=one.arn, kind="tags", attached_to=self.source.account, document=document)


def _entries(data: bytes) -> list[Any]:
    found = details(data).get(_LIST)
    return found if isinstance(found, list) else []
