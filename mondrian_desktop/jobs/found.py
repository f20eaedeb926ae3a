"""What words find in the library, found once and kept until other words are wanted or the history changes.

A word may stand in every one of a hundred thousand analyses. The index of words gives their ids in its own order only:
kept in a table of the connection, a list in any other order is walked until a page is full, and pages further down
do not ask the index of words again.
"""

from mondrian_desktop.jobs.database import Database


class Found:
    """The analyses that were found last; their ids are in the table ``temp.found``, which has no other column."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._found: tuple[str, tuple[int, int]] | None = None
        self._count = 0

    def find(self, wanted: str) -> int:
        """Have the table hold what is found, and return how many that are.

        Parameters
        ----------
        wanted
            In the language of FTS5: https://sqlite.org/fts5.html#full_text_query_syntax
        """
        if self._found != (wanted, self._database.version):
            self._found = None
            self._database.keep("CREATE TABLE IF NOT EXISTS temp.found (id INTEGER PRIMARY KEY)")
            self._database.keep("DELETE FROM temp.found")
            self._count = self._database.keep(
                "INSERT INTO temp.found SELECT rowid FROM search WHERE search MATCH ?", (wanted,)
            )
            self._found = (wanted, self._database.version)
        return self._count
