"""One open installation: what a page needs of the lab in one object."""

from __future__ import annotations

from dataclasses import dataclass

from lab.artifacts import Artifacts, upload_key
from lab.database import Database
from lab.notes import Notes
from lab.queue import Queue
from lab.records import DataRef, Upload
from lab.settings import Settings
from lab.store import Store, new_id
from rnn_core.data.parquet import from_parquet, to_parquet
from rnn_core.data.samples import SAMPLES, load_sample
from rnn_core.data.texts import LabelledTexts


@dataclass(frozen=True)
class Lab:
    """Settings, store, artifacts and queue of one installation; may be shared by threads."""

    settings: Settings
    database: Database
    store: Store
    artifacts: Artifacts
    queue: Queue
    notes: Notes

    def add_upload(self, owner: str, name: str, texts: LabelledTexts) -> Upload:
        """Keeps texts that a person brought; `upload.data` is what `queue.submit` takes."""
        upload_id = new_id()
        self.artifacts.write(upload_key(owner, upload_id), to_parquet(texts))
        return self.store.add_upload(owner, upload_id, name, len(texts), len(texts.label_names))

    def sample_data(self, name: str) -> DataRef:
        """A sample as `queue.submit` takes it."""
        texts = load_sample(name, self.settings.home)
        return DataRef(title=SAMPLES[name].title, sample=name, texts=len(texts), labels=len(texts.label_names))

    def texts(self, owner: str, data: DataRef) -> LabelledTexts:
        """The texts that a run reads.

        Raises:
            StoreError: the upload is not the owner's, or was deleted.
        """
        if data.sample:
            return load_sample(data.sample, self.settings.home)
        upload = self.store.upload(owner, data.upload)
        return from_parquet(self.artifacts.read(upload_key(owner, upload.id)))


def open_lab(settings: Settings) -> Lab:
    """The installation of these settings; its folders and tables are made where they are missing.

    Raises:
        SettingsError: LAB_HOME cannot be written, or the database cannot be used.
    """
    settings.make_home()
    database = Database(settings)
    artifacts = Artifacts(settings.artifacts_url)
    return Lab(settings, database, Store(database), artifacts, Queue(settings, database, artifacts), Notes(database))
