"""The archive of the embedded home: files in a folder beside the database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from podium.adapters.gzip_lines import pack_lines, unpack_line
from podium.errors import Unavailable
from podium.sinks import ArchivedAt


class FileArchive:
    """The port ``Archive``; the folder is made when something is archived."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write_batch(self, path: str, lines: Sequence[bytes]) -> list[ArchivedAt]:
        """Store the lines as one file, which is on the disk when this returns."""
        content, places = pack_lines(path, lines)
        file = self._folder / path
        unfinished = file.with_name(f"{file.name}.new")
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with unfinished.open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            unfinished.replace(file)
            self._sync_folders(file.parent)
        except OSError as failure:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise Unavailable(f"{file}: {failure}") from failure
        return places

    def _sync_folders(self, folder: Path) -> None:
        """Have a file's name on the disk too, and those of the folders it is in."""
        for one in (folder, *folder.parents):
            opened = os.open(one, os.O_RDONLY)
            try:
                os.fsync(opened)
            finally:
                os.close(opened)
            if one == self._folder.parent:
                return

    def read(self, at: ArchivedAt) -> bytes | None:
        """Return one line, or None where there is no such file."""
        file = self._folder / at.path
        try:
            with file.open("rb") as opened:
                opened.seek(at.offset)
                member = opened.read(at.length)
        except FileNotFoundError:
            return None
        except OSError as failure:
            raise Unavailable(f"{file}: {failure}") from failure
        return unpack_line(member)


class MemoryArchive:
    """The port ``Archive`` for a home in memory: it ends with its process."""

    def __init__(self) -> None:
        self._objects: dict[str, bytes] = {}

    def write_batch(self, path: str, lines: Sequence[bytes]) -> list[ArchivedAt]:
        """Store the lines as one object."""
        self._objects[path], places = pack_lines(path, lines)
        return places

    def read(self, at: ArchivedAt) -> bytes | None:
        """Return one line, or None where there is no such object."""
        found = self._objects.get(at.path)
        if found is None:
            return None
        return unpack_line(found[at.offset : at.offset + at.length])
