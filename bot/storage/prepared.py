"""Statements of the message path: written with SQLAlchemy, rendered once for each database, then run with plain tuples.

Through `Connection.execute` each row costs a dictionary, its processing and adapted values: more than SQLite takes for the row
itself. These few statements run for every message, so they hand the driver what it stores: times as `tables.microseconds`, states
as text. Everything else goes through SQLAlchemy as usual. Measured in docs/performance.md.
"""

import sqlite3
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.compiler import SQLCompiler

Row = tuple[Any, ...]
_Statement = sa.Select[*tuple[Any, ...]] | sa.Insert | sa.Update


class Prepared:
    """A statement whose rows hold `names`, in this order: columns of an insert, otherwise its bind parameters."""

    def __init__(self, statement: _Statement, *names: str) -> None:
        self._statement = statement
        self._names = names
        self._rendered: dict[str, _Rendered] = {}

    def rows(self, db: sa.Connection, row: Row) -> list[Row]:
        """What it gives when run with this row, values as the driver gives them."""
        rendered = self._for(db)
        if rendered.is_sqlite:
            found: list[Row] = _sqlite(db).execute(rendered.sql, rendered.arrange(row)).fetchall()
            return found
        return [tuple(each) for each in db.exec_driver_sql(rendered.sql, rendered.arrange(row))]

    def run(self, db: sa.Connection, row: Row) -> int:
        """Run it with this row. How many rows of the table it was about."""
        rendered = self._for(db)
        if rendered.is_sqlite:
            return _sqlite(db).execute(rendered.sql, rendered.arrange(row)).rowcount
        return db.exec_driver_sql(rendered.sql, rendered.arrange(row)).rowcount

    def many(self, db: sa.Connection, rows: Sequence[Row]) -> int:
        """Run it with each of these rows, of which there is at least one. How many rows of the table it was about, on SQLite."""
        rendered = self._for(db)
        if rendered.is_sqlite:
            return _sqlite(db).executemany(rendered.sql, rendered.arrange_all(rows)).rowcount
        db.exec_driver_sql(rendered.sql, rendered.arrange_all(rows))
        return -1

    def _for(self, db: sa.Connection) -> "_Rendered":
        rendered = self._rendered.get(db.dialect.name)
        if rendered is None:
            rendered = self._rendered[db.dialect.name] = _Rendered(self._statement, self._names, db.dialect)
        return rendered


class PreparedIn:
    """A statement about a list of values, which come before `names` in its parameters."""

    def __init__(self, write: Callable[[Sequence[sa.BindParameter[Any]]], _Statement], *names: str) -> None:
        self._write = write
        self._names = names
        self._by_size: dict[int, Prepared] = {}

    def rows(self, db: sa.Connection, values: Sequence[object], row: Row = ()) -> list[Row]:
        """What it gives for these values, of which there is at least one."""
        prepared, filled = self._of_size(values)
        return prepared.rows(db, (*filled, *row))

    def run(self, db: sa.Connection, values: Sequence[object], row: Row = ()) -> int:
        """Run it for these values, of which there is at least one. How many rows of the table it was about."""
        prepared, filled = self._of_size(values)
        return prepared.run(db, (*filled, *row))

    def _of_size(self, values: Sequence[object]) -> tuple[Prepared, Row]:
        # The next power of two, filled up with the last value: `in` takes it twice, and a handful of texts serve all sizes.
        size = 1 << (len(values) - 1).bit_length()
        prepared = self._by_size.get(size)
        if prepared is None:
            places = [f"value_{number}" for number in range(size)]
            statement = self._write([sa.bindparam(place) for place in places])
            prepared = self._by_size[size] = Prepared(statement, *places, *self._names)
        return prepared, (*values, *[values[-1]] * (size - len(values)))


def _sqlite(db: sa.Connection) -> sqlite3.Connection:
    """The driver's connection, in the transaction that SQLAlchemy began: its own execution costs more than most of our statements."""
    return cast("sqlite3.Connection", db.connection.dbapi_connection)


class _Rendered:
    """A statement as one database's text, and how a row's values and the statement's own are arranged for it."""

    def __init__(self, statement: _Statement, names: tuple[str, ...], dialect: sa.Dialect) -> None:
        columns = names if isinstance(statement, sa.Insert) else None
        compiled = statement.compile(dialect=dialect, column_keys=columns)
        assert isinstance(compiled, SQLCompiler)  # noqa: S101 - it is for statements of this kind
        self.sql = str(compiled)
        self.is_sqlite = dialect.name == "sqlite"
        wanted = compiled.positiontup or []
        own = {name: value for name, value in compiled.params.items() if name not in names}
        # An insert names all its columns: defaults are SQLAlchemy's to add, and it doesn't run these.
        assert columns is None or not own, f"{sorted(own)} must be among the names"  # noqa: S101 - a fault of the program
        self._own = tuple(own.values())
        order = [*names, *own]
        self._pick = None if wanted == list(names) else itemgetter(*(order.index(name) for name in wanted))

    def arrange(self, row: Row) -> Row:
        """The row in the order of the text."""
        return row if self._pick is None else self._pick((*row, *self._own))

    def arrange_all(self, rows: Sequence[Row]) -> list[Row]:
        """These rows in the order of the text."""
        if self._pick is None:
            return list(rows)
        own = self._own
        return [self._pick((*row, *own)) for row in rows]
