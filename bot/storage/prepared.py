"""Statements of the message path: written with SQLAlchemy, rendered once for each database, then run with plain tuples.

Through `Connection.execute` each row costs a dictionary, its processing and adapted values: more than SQLite takes for the row
itself. These few statements run for every message, so they hand the driver what it stores: times as `tables.microseconds`, states
as text. Everything else goes through SQLAlchemy as usual. Measured in docs/performance.md.

On PostgreSQL many rows are one statement: each column goes over as an array, and `unnest` makes rows of them again.
"""

import re
import sqlite3
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, cast

import asyncpg
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.util import await_only

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
        return [tuple(each) for each in await_only(_asyncpg(db).fetch(rendered.sql, *rendered.arrange(row)))]

    def run(self, db: sa.Connection, row: Row) -> int:
        """Run it with this row. How many rows of the table it was about."""
        rendered = self._for(db)
        if rendered.is_sqlite:
            return _sqlite(db).execute(rendered.sql, rendered.arrange(row)).rowcount
        # PostgreSQL says "UPDATE 5".
        return int(await_only(_asyncpg(db).execute(rendered.sql, *rendered.arrange(row))).split()[-1])

    def many(self, db: sa.Connection, rows: Sequence[Row]) -> int:
        """Run it with each of these rows, of which there is at least one. How many rows of the table it was about, on SQLite."""
        rendered = self._for(db)
        if rendered.is_sqlite:
            return _sqlite(db).executemany(rendered.sql, rendered.arrange_all(rows)).rowcount
        await_only(_asyncpg(db).execute(rendered.of_many, *zip(*rendered.arrange_all(rows), strict=True)))
        return -1

    def _for(self, db: sa.Connection) -> "_Rendered":
        rendered = self._rendered.get(db.dialect.name)
        if rendered is None:
            rendered = self._rendered[db.dialect.name] = _Rendered(self._statement, self._names, db.dialect)
        return rendered


class PreparedIn:
    """A statement about a list of values, which come before `names` in its parameters."""

    def __init__(
        self, write: Callable[[Sequence[sa.BindParameter[Any]] | sa.Select[tuple[Any]]], _Statement], *names: str
    ) -> None:
        self._write = write
        self._names = names
        self._by_size: dict[int, Prepared] = {}
        self._of_array: dict[type, Prepared] = {}

    def rows(self, db: sa.Connection, values: Sequence[object], row: Row = ()) -> list[Row]:
        """What it gives for these values, of which there is at least one."""
        if db.dialect.name == "postgresql":
            return self._of_type(type(values[0])).rows(db, (values, *row))
        prepared, filled = self._of_size(values)
        return prepared.rows(db, (*filled, *row))

    def run(self, db: sa.Connection, values: Sequence[object], row: Row = ()) -> int:
        """Run it for these values, of which there is at least one. How many rows of the table it was about."""
        if db.dialect.name == "postgresql":
            return self._of_type(type(values[0])).run(db, (values, *row))
        prepared, filled = self._of_size(values)
        return prepared.run(db, (*filled, *row))

    def _of_type(self, kind: type) -> Prepared:
        """For PostgreSQL, whatever their number: the values are one array."""
        prepared = self._of_array.get(kind)
        if prepared is None:
            array = sa.bindparam("values", type_=ARRAY(_ARRAYS[kind]))
            prepared = self._of_array[kind] = Prepared(self._write(sa.select(sa.func.unnest(array))), "values", *self._names)
        return prepared

    def _of_size(self, values: Sequence[object]) -> tuple[Prepared, Row]:
        # The next power of two, filled up with the last value: `in` takes it twice, and a handful of texts serve all sizes.
        size = 1 << (len(values) - 1).bit_length()
        prepared = self._by_size.get(size)
        if prepared is None:
            places = [f"value_{number}" for number in range(size)]
            statement = self._write([sa.bindparam(place) for place in places])
            prepared = self._by_size[size] = Prepared(statement, *places, *self._names)
        return prepared, (*values, *[values[-1]] * (size - len(values)))


_ARRAYS: dict[type, type[sa.types.TypeEngine[Any]]] = {int: sa.BigInteger, str: sa.Text, bytes: sa.LargeBinary}


def _asyncpg(db: sa.Connection) -> "asyncpg.Connection[asyncpg.Record]":
    """The driver's connection, in the transaction that `database.write` began."""
    return cast("asyncpg.Connection[asyncpg.Record]", db.connection.driver_connection)


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
        self.of_many = _of_many(self.sql) if not self.is_sqlite and not isinstance(statement, sa.Select) else ""
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


_PLACE = re.compile(r"\$(\d+)::(\w+)")
_VALUES = re.compile(r"VALUES \(\$1::.*?\)(?= ON CONFLICT| RETURNING|$)")


def _of_many(sql: str) -> str:
    """PostgreSQL's text for many rows: an insert or update of one row, whose every parameter has its type, made to take arrays."""
    places = dict(_PLACE.findall(sql))
    assert len(places) == len(set(re.findall(r"\$\d+", sql))), "a parameter has no type"  # noqa: S101 - a fault of the program
    arrays = ", ".join(f"${number}::{places[number]}[]" for number in sorted(places, key=int))
    if sql.startswith("INSERT"):
        return _VALUES.sub(f"SELECT * FROM unnest({arrays})", sql)  # noqa: S608 - of our own text
    names = ", ".join(f"p{number}" for number in sorted(places, key=int))
    setting, _, which = _PLACE.sub(r"many.p\1::\2", sql).partition(" WHERE ")
    return f"{setting} FROM unnest({arrays}) AS many({names}) WHERE {which}"
