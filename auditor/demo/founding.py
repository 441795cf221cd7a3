"""The company: its servers on this machine, and its files in the folder, as they are at each night's audit."""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

from auditor.config import json_schema
from auditor.demo import activity, background, bucket, company, exports, iam, service_use, story, tickets
from auditor.demo.calendar import Calendar
from auditor.demo.data import text_of
from auditor.demo.digests import Delivered, Signer
from auditor.demo.folder import Folder
from auditor.demo.records import Record
from auditor.demo.servers import Servers, servers
from auditor.demo.stand_in import StandIn, stand_in
from auditor.options import Progress

_log = logging.getLogger(__name__)

STORY = "STORY.md"
_SETTING_UP = "setting up Harbour Shop"


class Harbour(Struct, frozen=True):
    """The company for as long as its servers run.

    Args:
        records: all that its trail ever tells.
        files: the same, as it is delivered.
    """

    folder: Folder
    aws: StandIn
    others: Servers
    records: Sequence[Record]
    files: list[Delivered]

    def tell(self, calendar: Calendar) -> None:
        """Let everything be as it is at a night's audit, no earlier than the one before."""
        self.others.tell(calendar)
        iam.seed(self.aws, calendar, activity.given(calendar))
        service_use.count(self.aws.account, calendar, self.records)
        bucket.put(self.aws, [file for file in self.files if file.moment <= calendar.at])
        self.files[:] = [file for file in self.files if file.moment > calendar.at]
        self.folder.put("auditor.yaml", company.configuration(self.aws, self.others, calendar))
        self.folder.put("incidents.csv", tickets.incidents(calendar))
        for name, content in exports.exports(calendar):
            self.folder.put(name, content)


@contextmanager
def founded(folder: Folder, calendar: Calendar, progress: Progress) -> Iterator[Harbour]:
    """The company, with nothing to be read of it yet; `calendar` is of the last night that is to be told."""
    with stand_in() as aws, servers(folder) as others:
        progress.start(_SETTING_UP, 3)
        directory = iam.everybody(aws, calendar)
        progress.advance(_SETTING_UP)
        records = (*background.months(directory, calendar), *activity.scenes(directory, calendar))
        progress.advance(_SETTING_UP)
        bucket.create(aws)
        files = bucket.delivered(aws.account, calendar, records, Signer(folder))
        folder.put("auditor.schema.json", json.dumps(json_schema(), indent=1))
        folder.put(STORY, story.text())
        folder.put("draft.yaml", text_of("draft.yaml"))
        progress.done(_SETTING_UP, f"{len(records):,} events in {bucket.BUCKET}")
        if others.hosts.missing:
            _log.warning("The hosts' keys and logs are read from files: %s.", others.hosts.missing)
        yield Harbour(folder, aws, others, records, files)
